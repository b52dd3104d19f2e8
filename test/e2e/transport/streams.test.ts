import { setTimeout as pause } from 'node:timers/promises'
import { expect, it } from 'vitest'
import { issueTo, newAuthority, profileOf } from '../../pki/support.ts'
import { type Call, openCall, openTunnel } from '../../support/h2-streams.ts'
import { startH2Target } from '../../support/h2-target.ts'
import { openWebSocket } from '../../support/load/echo.ts'
import { startNamedTarget } from '../../support/named-targets.ts'
import { everyRouteStands, expectStatus, put, type RoutedFront, startRoutedFront } from '../../support/routed-front.ts'

const WAYS = { lane: { check: false }, backend: {} }

/** Another revocation list is another configuration. */
async function reload({ admin, register, reloads }: RoutedFront, times: number): Promise<void> {
  const another = await register('vps-2')
  for (let i = 0; i < times; i++) {
    const before = await reloads()
    expectStatus(await another.get('/api/config/vps-2'), [200])
    expectStatus(await admin.post('/api/certificates/agents/vps-2/revoke', {}), [200])
    while ((await reloads()) === before) await pause(50)
  }
}

it('carries calls of gRPC and WebSockets whole, with trailers both ways, over reloads', {
  timeout: 120_000,
}, async () => {
  const front = await startRoutedFront()
  const { agent, ports, hostOf } = front
  const { cert, key } = await issueTo(await newAuthority(), profileOf('service'))
  const [h2c, h2, http1] = [
    await startH2Target('h2c'),
    await startH2Target('h2', { cert, key }),
    await startNamedTarget('http1'),
  ]
  const targets = {
    h2c: { url: `http://127.0.0.1:${h2c.port}`, options: { protocol: 'h2c' } },
    h2: { url: `https://127.0.0.1:${h2.port}`, options: { protocol: 'h2', tlsVerify: 'none' } },
    auto: { url: `https://127.0.0.1:${h2.port}`, options: { tlsVerify: 'none' } },
    http1: { url: http1.url, options: {} },
  }
  for (const [way, also] of Object.entries(WAYS)) {
    for (const [name, { url, options }] of Object.entries(targets)) {
      await put(agent, `${name}-${way}`, url, { ...options, ...also })
    }
  }
  await everyRouteStands(front)
  const calls: { name: string; open: Call }[] = []
  const tunnels: { name: string; open: Pick<Call, 'say'> }[] = []
  for (const way of Object.keys(WAYS)) {
    for (const [host, name] of [
      ['h2c', 'h2c'],
      ['h2', 'h2'],
      ['auto', 'h2'],
    ] as const) {
      calls.push({ name, open: await openCall(ports.https, hostOf(`${host}-${way}`)) })
      calls.push({ name, open: await openCall(ports.http, hostOf(`${host}-${way}`), { byTls: false }) })
    }
    for (const name of ['h2c', 'h2', 'http1']) {
      tunnels.push({ name, open: await openTunnel(ports.https, hostOf(`${name}-${way}`)) })
    }
    tunnels.push({ name: 'http1', open: await openWebSocket(ports.http, hostOf(`http1-${way}`)) })
  }
  const talk = async (words: string) => {
    for (const { name, open } of calls) expect(await open.say(words)).toBe(`${name}:${words}`)
    for (const { name, open } of tunnels) expect(await open.say(words)).toMatch(new RegExp(`^${name}(:${words})?$`))
  }
  await talk('before')
  await reload(front, 3)
  await talk('after')
  for (const { name, open } of calls) {
    expect(await open.finish()).toMatchObject({
      'grpc-status': '0',
      'grpc-message': `${name} ends`,
      'x-te': 'trailers',
      'x-came': 'from the client',
    })
  }
})
