import { createServer as createPlainServer } from 'node:http'
import { createSecureServer } from 'node:http2'
import { createServer } from 'node:https'
import { expect, it } from 'vitest'
import { issueTo, newAuthority, profileOf } from '../../pki/support.ts'
import { ask } from '../../support/ask.ts'
import { startH2Target } from '../../support/h2-target.ts'
import { everyRouteStands, expectStatus, type RoutedFront, startRoutedFront } from '../../support/routed-front.ts'
import { listen } from '../../support/targets.ts'

const WAYS = { lane: { check: false }, backend: {}, 'http-check': { check: { path: '/' } } }

/** Servers of each kind, which say by which protocol they were asked. */
async function startServers({ cert, key }: { cert: string; key: string }) {
  const version = (request: { httpVersion: string }, response: { end(text: string): unknown }) =>
    response.end(request.httpVersion)
  return {
    plain: await listen(createPlainServer(version)),
    http1: await listen(createServer({ cert, key }, version)),
    h2: await listen(createSecureServer({ cert, key }, version)),
    both: await listen(createSecureServer({ cert, key, allowHTTP1: true }, version)),
    h2c: (await startH2Target('h2c')).port,
  }
}

const answersOf = async ({ ports, hostOf }: RoutedFront, name: string) =>
  Promise.all(
    Object.keys(WAYS).map(async (way) => {
      const { status, body } = await ask(ports.http, hostOf(`${name}-${way}`))
      return status === 200 ? body || '2.0' : 'refused'
    }),
  )

it('speaks with servers as the route says, in the lane and by its backend', { timeout: 120_000 }, async () => {
  const front = await startRoutedFront()
  const servers = await startServers(await issueTo(await newAuthority(), profileOf('service')))
  const at = (port: number, tls = true, host = '127.0.0.1') => `${tls ? 'https' : 'http'}://${host}:${port}`
  const none = { tlsVerify: 'none' }
  const rows: [name: string, url: string, options: object, answer: string][] = [
    ['plain', at(servers.plain, false), {}, '1.1'],
    ['plain-h1', at(servers.plain, false), { protocol: 'http1' }, '1.1'],
    ['h2c', at(servers.h2c, false), { protocol: 'h2c' }, '2.0'],
    ['h2c-to-http1', at(servers.plain, false), { protocol: 'h2c' }, 'refused'],
    ['both', at(servers.both), none, '2.0'],
    ['both-h1', at(servers.both), { ...none, protocol: 'http1' }, '1.1'],
    ['both-h2', at(servers.both), { ...none, protocol: 'h2' }, '2.0'],
    ['old', at(servers.http1), none, '1.1'],
    ['old-h2', at(servers.http1), { ...none, protocol: 'h2' }, 'refused'],
    ['new', at(servers.h2), none, '2.0'],
    ['new-h1', at(servers.h2), { ...none, protocol: 'http1' }, 'refused'],
    ['by-name', at(servers.both, true, 'localhost'), none, '2.0'],
    ['tls-by-option', at(servers.both, false), { ...none, useTls: true }, '2.0'],
    // No CA of this machine vouches for it.
    ['verified', at(servers.both, true, 'localhost'), {}, 'refused'],
    ['verified-h2', at(servers.both, true, 'localhost'), { tlsVerify: 'system', protocol: 'h2' }, 'refused'],
  ]
  const upsert = rows.flatMap(([name, targetUrl, options]) =>
    Object.entries(WAYS).map(([way, also]) => {
      return {
        type: 'http',
        agentId: 'vps-1',
        subdomain: `${name}-${way}`,
        targetUrl,
        options: { ...options, ...also },
      }
    }),
  )
  expectStatus(await front.admin.post('/api/proxy/bulk', { upsert }), [200])
  await everyRouteStands(front)
  // Those that a check has not been through yet.
  await expect
    .poll(async () => Promise.all(rows.map(async ([name]) => [name, ...(await answersOf(front, name))])), {
      timeout: 20_000,
    })
    .toEqual(rows.map(([name, , , answer]) => [name, answer, answer, answer]))
})
