import { createServer } from 'node:https'
import { setTimeout as pause } from 'node:timers/promises'
import type { TLSSocket } from 'node:tls'
import { expect, it } from 'vitest'
import { forge } from '../../pki/support.ts'
import type { ApiClient } from '../../support/api.ts'
import { ask } from '../../support/ask.ts'
import { namesake } from '../../support/client-certificates.ts'
import { everyRouteStands, expectStatus, put, type RoutedFront, startRoutedFront } from '../../support/routed-front.ts'
import { listen } from '../../support/targets.ts'

interface Pem {
  ca: string
  cert: string
  key: string
}

const certificatesOf = async (client: ApiClient): Promise<Pem> =>
  (await client.get(`/api/config/${client.agentId}`)).body.certificates as Pem

/** An agent's ingress: shows its certificate, and demands the front's. It says who asked. */
async function startIngress({ cert, key }: Omit<Pem, 'ca'>, ca: string, { demands = true } = {}) {
  let requests = 0
  const options = { cert, key, ca, requestCert: demands, rejectUnauthorized: demands }
  const server = createServer(options, (request, response) => {
    requests++
    response.end(`for ${(request.socket as TLSSocket).getPeerCertificate().subject?.CN}`)
  })
  server.on('tlsClientError', () => {})
  const port = await listen(server)
  return { url: `https://127.0.0.1:${port}`, byName: `https://localhost:${port}`, requests: () => requests }
}

const CUT_OFF = 599
const WAYS = { lane: { check: false }, backend: {} }
const KINDS = { through: { through: 'agent' }, verified: { tlsVerify: 'front' } }
const names = (of: string) =>
  Object.keys(WAYS).flatMap((way) => Object.keys(KINDS).map((kind) => `${of}-${kind}-${way}`))

async function putAll({ agent }: RoutedFront, of: string, url: string) {
  for (const [way, also] of Object.entries(WAYS)) {
    for (const [kind, options] of Object.entries(KINDS))
      await put(agent, `${of}-${kind}-${way}`, url, { ...options, ...also })
  }
}

it('takes nobody for an agent but whom the front’s CA has named so', { timeout: 120_000 }, async () => {
  const front = await startRoutedFront()
  const { agent, admin, register, ports, hostOf, reloads, haproxy } = front
  const own = await certificatesOf(agent)
  const others = await certificatesOf(await register('vps-2'))
  const stranger = await forge(await namesake(own.ca), {
    commonName: 'vps-1',
    dnsNames: ['vps-1.agents.front.test', 'localhost'],
  })
  const right = await startIngress(own, own.ca)
  const wrong = {
    other: await startIngress(others, own.ca),
    stranger: await startIngress(stranger, own.ca),
    careless: await startIngress(others, own.ca, { demands: false }),
  }
  /** Where the only server is found to be down, what waits for it is cut off. */
  const statusOf = (name: string) =>
    ask(ports.http, hostOf(name)).then(
      ({ status }) => status,
      () => CUT_OFF,
    )
  const answers = (of: string) => Promise.all(names(of).map(statusOf))
  const refused = (statuses: number[]) => expect(statuses.every((status) => status >= 502)).toBe(true)

  const before = await reloads()
  const { applied } = await put(agent, 'right-through-lane', right.url, { through: 'agent', check: false })
  expect([applied.via, await reloads()]).toEqual(['runtime', before])
  expect(await ask(ports.http, hostOf('right-through-lane'))).toMatchObject({ status: 200, body: 'for front' })

  await putAll(front, 'right', right.url)
  // `localhost` stands in every agent's certificate.
  for (const [who, { byName }] of Object.entries(wrong)) await putAll(front, who, byName)
  await everyRouteStands(front)
  expect(await answers('right')).toEqual([200, 200, 200, 200])
  for (const [who, { requests }] of Object.entries(wrong)) {
    refused(await answers(who))
    expect([who, requests()]).toEqual([who, 0])
  }

  // Another CA, and the former one still trusted, by one reload; a front that starts anew brings nothing new.
  const rotating = await reloads()
  expectStatus(await admin.post('/api/certificates/ca/rotate', {}), [200, 201])
  while ((await reloads()) === rotating) await pause(50)
  expect([await reloads(), await answers('right')]).toEqual([rotating + 1, [200, 200, 200, 200]])
  const worker = haproxy.currentWorker().pid
  await front.kill()
  await front.start()
  expect([haproxy.currentWorker().pid, await answers('right')]).toEqual([worker, [200, 200, 200, 200]])

  // A certificate that is revoked, and the agent's next one.
  expectStatus(await admin.post('/api/certificates/agents/vps-1/revoke', {}), [200])
  while ((await answers('right')).some((status) => status === 200)) await pause(50)
  refused(await answers('right'))
  const came = right.requests()
  const renewed = await startIngress(await certificatesOf(agent), own.ca)
  refused(await answers('right'))
  expect(right.requests()).toBe(came)
  await putAll(front, 'renewed', renewed.url)
  await everyRouteStands(front)
  expect(await answers('renewed')).toEqual([200, 200, 200, 200])
})
