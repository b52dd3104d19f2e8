import { createServer, type Socket } from 'node:net'
import { setTimeout as pause } from 'node:timers/promises'
import { connect } from 'node:tls'
import { expect, it, onTestFinished } from 'vitest'
import { forge } from '../../pki/support.ts'
import type { ApiClient } from '../../support/api.ts'
import { namesake } from '../../support/client-certificates.ts'
import { expectStatus, type RoutedFront, startRoutedFront } from '../../support/routed-front.ts'
import { listen } from '../../support/targets.ts'

interface Pem {
  ca: string
  cert: string
  key: string
}

const certificatesOf = async (client: ApiClient): Promise<Pem> =>
  (await client.get(`/api/config/${client.agentId}`)).body.certificates as Pem

/** A database that speaks plain: says its name, and gives back what comes. */
async function startDatabase() {
  let bytes = 0
  const port = await listen(
    createServer((socket: Socket) => {
      socket
        .on('error', () => {})
        .on('data', (data) => {
          bytes += data.length
          socket.write(data)
        })
    }),
  )
  return { port, bytes: () => bytes }
}

/** Says `ping`, and tells what came of it. It stays open. */
function ping({ ports }: RoutedFront, servername: string, client: Partial<Pem>, session?: Buffer) {
  const socket = connect({
    port: ports.mongo,
    servername,
    rejectUnauthorized: false,
    ...client,
    ...(session && { session }),
  })
  onTestFinished(() => void socket.destroy())
  const closed = new Promise<string>((resolve) => {
    socket.on('error', () => resolve('closed')).on('close', () => resolve('closed'))
  })
  const answer = Promise.race([
    closed,
    new Promise<string>((resolve) => socket.on('data', (data) => resolve(`${data}`))),
  ])
  socket.write('ping')
  return { answer, closed, socket }
}

const until = async (done: () => Promise<boolean>) => {
  while (!(await done())) await pause(50)
}

it('lets in the agents that a database names, and nobody else', { timeout: 120_000 }, async () => {
  const front = await startRoutedFront()
  const { agent, databaseOf, register, admin } = front
  const [second, third] = [await register('vps-2'), await register('vps-3')]
  const database = await startDatabase()
  const put = (body: object) =>
    agent.post('/api/proxy/mongodb', { targetHost: '127.0.0.1', targetPort: database.port, ...body })
  const own = await put({ options: { requireClientCertificate: true } })
  expectStatus(own, [201])
  expect(own.body).toMatchObject({ tlsEnabled: false, status: 'settled' })
  expectStatus(await put({ name: 'shared', options: { requireClientCertificate: ['vps-2', 'vps-1'] } }), [201])
  expectStatus(await put({ name: 'open', options: { useTls: false } }), [201])
  expectStatus(await put({ name: 'closed', options: { useTls: false, allowFrom: ['192.0.2.0/24'] } }), [201])
  expectStatus(await put({ options: { useTls: true, requireClientCertificate: true } }), [400])

  const [first, other, last] = [await certificatesOf(agent), await certificatesOf(second), await certificatesOf(third)]
  const forged = await forge(await namesake(first.ca), { commonName: 'vps-1', dnsNames: [] })
  const say = (host: string, client: Partial<Pem>) => ping(front, host, client).answer
  const hosts = { own: databaseOf('vps-1'), shared: databaseOf('shared.vps-1'), open: databaseOf('open.vps-1') }
  const answers = async (client: Partial<Pem>) => [await say(hosts.own, client), await say(hosts.shared, client)]
  expect(await answers(first)).toEqual(['ping', 'ping'])
  expect(await answers(other)).toEqual(['closed', 'ping'])
  const before = database.bytes()
  for (const client of [last, forged, {}]) expect(await answers(client)).toEqual(['closed', 'closed'])
  expect(await say(databaseOf('closed.vps-1'), first)).toBe('closed')
  expect(database.bytes()).toBe(before)
  expect(await say(hosts.open, {})).toBe('ping')

  // A revocation is at once for who comes, and ends what is open; the others stay.
  const [leaving, staying] = [ping(front, hosts.shared, other), ping(front, hosts.shared, first)]
  expect([await leaving.answer, await staying.answer]).toEqual(['ping', 'ping'])
  const session = leaving.socket.getSession()
  const reloads = await front.reloads()
  expectStatus(await admin.post('/api/certificates/agents/vps-2/revoke', {}), [200])
  expect(await leaving.closed).toBe('closed')
  expect(await ping(front, hosts.shared, other, session).answer).toBe('closed')
  expect(await ping(front, hosts.shared, other).answer).toBe('closed')
  expect(staying.socket.destroyed).toBe(false)

  // Over reloads too, also by another process.
  await until(async () => (await front.reloads()) > reloads)
  await front.kill()
  expect(await say(hosts.shared, other)).toBe('closed')
  await front.start()
  expect([await say(hosts.shared, other), await say(hosts.shared, first)]).toEqual(['closed', 'ping'])
})
