import { connect as connectPlain, createServer, type Socket } from 'node:net'
import { setTimeout as pause } from 'node:timers/promises'
import { connect, createServer as createTlsServer, type TLSSocket } from 'node:tls'
import { expect, it, onTestFinished } from 'vitest'
import { forge, issueTo, newAuthority, profileOf } from '../../pki/support.ts'
import type { ApiClient } from '../../support/api.ts'
import { namesake } from '../../support/client-certificates.ts'
import { everyRouteStands, expectStatus, type RoutedFront, startRoutedFront } from '../../support/routed-front.ts'
import { listen } from '../../support/targets.ts'

interface Pem {
  ca: string
  cert: string
  key: string
}

const certificatesOf = async (client: ApiClient): Promise<Pem> =>
  (await client.get(`/api/config/${client.agentId}`)).body.certificates as Pem

/** Says its name, and gives back what comes. */
const greeter = (name: string) => (socket: Socket) => {
  socket.on('error', () => {})
  socket.write(`${name} `)
  socket.pipe(socket)
}

/** An agent's ingress: demands the front's certificate, and leads to the database by the name that it is asked for. */
async function startIngress({ cert, key }: Omit<Pem, 'ca'>, ca: string, databases: Record<string, number>) {
  const asked: string[] = []
  const server = createTlsServer({ cert, key, ca, requestCert: true, rejectUnauthorized: true }, (socket) => {
    const { servername } = socket as TLSSocket & { servername: string }
    asked.push(`${socket.getPeerCertificate().subject.CN} for ${servername}`)
    const database = connectPlain(databases[servername] ?? 0)
    for (const each of [socket, database]) each.on('error', () => each.destroy())
    socket.pipe(database).pipe(socket)
  })
  server.on('tlsClientError', () => {})
  return { port: await listen(server), asked }
}

/** What comes for `ping` by this name, and whose certificate it comes with; `closed` where nothing does. */
function ask({ ports }: RoutedFront, servername: string): Promise<string> {
  return new Promise((resolve) => {
    const socket = connect({ port: ports.mongo, servername, rejectUnauthorized: false })
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

const EDGE = 'CloudLunacy Front edge'
const WAYS = { lane: { check: false }, backend: {} }
const KINDS = { passed: {}, ended: { useTls: false } }
const names = (of: string) =>
  Object.keys(WAYS).flatMap((way) => Object.keys(KINDS).map((kind) => `${of}-${kind}-${way}`))

it('reaches databases by the agent’s ingress alone, passed through or ended, and no one else’s', {
  timeout: 120_000,
}, async () => {
  const front = await startRoutedFront()
  const { agent, register, reloads, databaseOf } = front
  const own = await certificatesOf(agent)
  const others = await certificatesOf(await register('vps-2'))
  const databases = {
    passed: await listen(createTlsServer(await issueTo(await newAuthority(), profileOf('own-tls')), greeter('passed'))),
    ended: await listen(createServer(greeter('ended'))),
  }
  const hostOf = (name: string) => databaseOf(`${name}.vps-1`)
  const targets = Object.fromEntries(
    names('right').map((name) => [hostOf(name), name.includes('passed') ? databases.passed : databases.ended]),
  )
  const named = { commonName: 'vps-1', dnsNames: [databaseOf('vps-1'), `*.${databaseOf('vps-1')}`] }
  const right = await startIngress(own, own.ca, targets)
  const wrong = {
    other: await startIngress(others, own.ca, targets),
    stranger: await startIngress(await forge(await namesake(own.ca), named), own.ca, targets),
  }
  const putAll = async (of: string, targetPort: number) => {
    for (const [way, also] of Object.entries(WAYS)) {
      for (const [kind, options] of Object.entries(KINDS)) {
        const body = { name: `${of}-${kind}-${way}`, targetHost: '127.0.0.1', targetPort }
        expectStatus(
          await agent.post('/api/proxy/mongodb', { ...body, options: { through: 'agent', ...options, ...also } }),
          [200, 201],
        )
      }
    }
  }
  const answers = (of: string) => Promise.all(names(of).map((name) => ask(front, hostOf(name))))
  const good = ['passed ping by own-tls', `ended ping by ${EDGE}`, 'passed ping by own-tls', `ended ping by ${EDGE}`]

  const before = await reloads()
  await putAll('right', right.port)
  expect((await answers('right')).slice(0, 2)).toEqual(good.slice(0, 2))
  const settled = await agent.post('/api/proxy/mongodb', {
    name: 'right-ended-lane',
    targetHost: '127.0.0.1',
    targetPort: right.port,
    options: { through: 'agent', useTls: false, check: false, maxConcurrent: 9 },
  })
  expect(settled.body).toMatchObject({ status: 'live', applied: { via: 'runtime' }, tlsEnabled: false })
  for (const [who, { port }] of Object.entries(wrong)) await putAll(who, port)
  await everyRouteStands(front)
  expect(await reloads()).toBeGreaterThan(before)

  expect(await answers('right')).toEqual(good)
  expect(new Set(right.asked)).toEqual(new Set(names('right').map((name) => `front for ${hostOf(name)}`)))
  for (const [who, { asked }] of Object.entries(wrong)) {
    expect([who, await answers(who), asked]).toEqual([who, good.map(() => 'closed'), []])
  }

  // Checked by a handshake: an ingress that answers is up, one that is not the agent's is down.
  const statusOf = async (name: string) =>
    ((await agent.get('/api/proxy/agents/vps-1')).body.routes as { name: string; status: string }[]).find(
      (route) => route.name === name,
    )?.status
  while ((await statusOf('other-passed-backend')) !== 'degraded') await pause(50)
  expect(await statusOf('right-passed-backend')).toBe('settled')

  // The way may be changed back, and the target is asked in the open then.
  const direct = { name: 'right-passed-lane', targetHost: '127.0.0.1', targetPort: databases.passed }
  expectStatus(await agent.post('/api/proxy/mongodb', { ...direct, options: { check: false } }), [200])
  right.asked.length = 0
  expect([await ask(front, hostOf('right-passed-lane')), right.asked]).toEqual(['passed ping by own-tls', []])
})
