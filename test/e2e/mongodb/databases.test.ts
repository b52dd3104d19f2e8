import { createServer, type Socket } from 'node:net'
import { setTimeout as pause } from 'node:timers/promises'
import { connect, createServer as createTlsServer } from 'node:tls'
import { expect, it, onTestFinished } from 'vitest'
import { issueTo, newAuthority, profileOf } from '../../pki/support.ts'
import { everyRouteStands, expectStatus, startRoutedFront } from '../../support/routed-front.ts'
import { listen } from '../../support/targets.ts'

/** Says its name, and gives back what comes. */
const greeter = (name: string) => (socket: Socket) => {
  socket.on('error', () => {})
  socket.write(`${name} `)
  socket.pipe(socket)
}

/** What comes for `ping` by this name, and whose certificate it comes with; `closed` where nothing does. */
function ask(port: number, servername: string): Promise<string> {
  return new Promise((resolve) => {
    const socket = connect({ port, servername, rejectUnauthorized: false })
    onTestFinished(() => void socket.destroy())
    let came = ''
    socket.on('data', (data) => {
      came += data
      if (!came.endsWith('ping')) return
      resolve(`${came} by ${socket.getPeerCertificate().subject.CN}`)
      socket.destroy()
    })
    socket.on('error', () => resolve('closed')).on('close', () => resolve('closed'))
    socket.write('ping')
  })
}

it('leads each name of an agent to its database, by its own TLS or by HAProxy’s, and to the next server when one is gone', {
  timeout: 120_000,
}, async () => {
  const front = await startRoutedFront()
  const { agent, ports, databaseOf, register } = front
  const other = await register('vps-2')
  const pem = await issueTo(await newAuthority(), profileOf('own-tls'))
  const servers = new Map<string, ReturnType<typeof createServer>>()
  const start = async (name: string, byTls: boolean) => {
    const server = byTls ? createTlsServer(pem, greeter(name)) : createServer(greeter(name))
    servers.set(name, server)
    return listen(server)
  }
  const [first, second, plain] = [await start('first', true), await start('second', true), await start('plain', false)]
  const at = (targetPort: number, body: object = {}) => ({ targetHost: '127.0.0.1', targetPort, ...body })
  const spare = { servers: [{ host: '127.0.0.1', port: second, backup: true }] }
  for (const body of [
    at(first, { options: spare }),
    at(plain, { name: 'plain', options: { useTls: false } }),
    at(plain, { name: 'lane', options: { useTls: false, check: false } }),
    at(second, { name: 'mine', options: { allowFrom: ['127.0.0.0/8'] } }),
    at(plain, { name: 'ended', options: { useTls: false, allowFrom: ['127.0.0.1'] } }),
    at(plain, { name: 'theirs', options: { useTls: false, allowFrom: ['192.0.2.0/24'] } }),
  ]) {
    expectStatus(await agent.post('/api/proxy/mongodb', body), [201])
  }
  expectStatus(await other.post('/api/proxy/mongodb', at(second)), [201])
  await everyRouteStands(front)

  const edge = 'CloudLunacy Front edge'
  expect(await ask(ports.mongo, databaseOf('vps-1'))).toBe('first ping by own-tls')
  expect(await ask(ports.mongo, databaseOf('plain.vps-1'))).toBe(`plain ping by ${edge}`)
  expect(await ask(ports.mongo, databaseOf('lane.vps-1'))).toBe(`plain ping by ${edge}`)
  expect(await ask(ports.mongo, databaseOf('mine.vps-1'))).toBe('second ping by own-tls')
  expect(await ask(ports.mongo, databaseOf('ended.vps-1'))).toBe(`plain ping by ${edge}`)
  expect(await ask(ports.mongo, databaseOf('theirs.vps-1'))).toBe('closed')
  expect(await ask(ports.mongo, databaseOf('vps-2'))).toBe('second ping by own-tls')
  for (const nobody of ['nothing.vps-1', 'plain.vps-2', 'vps-3']) {
    expect([nobody, await ask(ports.mongo, databaseOf(nobody))]).toEqual([nobody, 'closed'])
  }

  servers.get('first')?.close()
  while ((await ask(ports.mongo, databaseOf('vps-1'))) !== 'second ping by own-tls') await pause(100)
})
