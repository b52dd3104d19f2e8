import { once } from 'node:events'
import { createServer } from 'node:http'
import { expect, it, onTestFinished } from 'vitest'
import type { Zone } from '../../support/dns.ts'
import { startResolver } from '../../support/entry.ts'
import { get } from '../../support/http-clients.ts'
import { failuresOf } from '../../support/load/all-kinds.ts'
import { http1Load } from '../../support/load/http1.ts'
import { type Load, startLoad } from '../../support/load/load.ts'
import { startNamedTarget } from '../../support/named-targets.ts'
import { putAll } from '../../support/option-routes.ts'
import { expectStatus, put, type RoutedFront, remove, startRoutedFront } from '../../support/routed-front.ts'

const USERS = [{ user: 'anna', password: 'a long password' }]
const authorization = `Basic ${btoa('anna:a long password')}`

/** Asks again and again, and takes no other answer than this one. */
function askedFor({ ports }: RoutedFront, host: string, status: number, headers = {}, path = '/'): Load {
  const client = {
    async ask() {
      const answer = await get(ports.http, { host, headers, path })
      if (answer.status !== status) throw new Error(`${host} answered ${answer.status} instead of ${status}`)
    },
    close() {},
  }
  return startLoad({ name: `${status} of ${host}`, clients: 2, pauseMs: 20, connect: () => client })
}

async function startAt(address: string, port: number): Promise<number> {
  const server = createServer((_, response) => void response.end(address))
  await once(server.listen(port, address), 'listening')
  onTestFinished(() => void server.close())
  return (server.address() as { port: number }).port
}

it('reloads for no change that HAProxy takes while it runs', async () => {
  const zone: Zone = { 'app.test': { A: ['127.0.0.2'] } }
  const front = await startRoutedFront({ DNS_RESOLVER: await startResolver(zone) })
  const { agent, ports, hostOf } = front
  const [one, two] = [await startNamedTarget('one'), await startNamedTarget('two')]
  const port = await startAt('127.0.0.2', 0)
  await startAt('127.0.0.3', port)
  const named = `http://app.test:${port}`
  const servers = (weight: number) => [{ url: two.url, weight }]
  await putAll(front, [
    { subdomain: 'lane', targetUrl: one.url, options: { check: false } },
    { subdomain: 'many', targetUrl: one.url, options: { servers: servers(1) } },
    { subdomain: 'inside', targetUrl: one.url, options: { basicAuth: { users: USERS } } },
    { subdomain: 'named', targetUrl: named, options: { hostHeader: 'x.test' } },
    { subdomain: 'gone', targetUrl: one.url, options: { check: false } },
  ])
  const reloads = await front.reloads()
  const answer = async (subdomain: string, headers = {}) =>
    (await get(ports.http, { host: hostOf(subdomain), headers })).body

  const changes: [what: string, change: () => Promise<unknown>, answers: () => Promise<unknown>, expected: unknown][] =
    [
      ['the same', () => put(agent, 'many', one.url, { servers: servers(1) }), () => answer('none'), expect.anything()],
      [
        'the same password',
        () => put(agent, 'inside', one.url, { basicAuth: { users: USERS } }),
        () => answer('inside', { authorization }),
        `one for ${hostOf('inside')}`,
      ],
      [
        'a weight',
        () => put(agent, 'many', one.url, { servers: servers(0) }),
        () => Promise.all([1, 2, 3, 4].map(() => answer('many'))),
        Array(4).fill(`one for ${hostOf('many')}`),
      ],
      [
        'a cap',
        () => put(agent, 'inside', one.url, { basicAuth: { users: USERS }, maxConcurrent: 7 }),
        () => front.haproxy.map('hosts.map').then((map) => map.get(hostOf('inside'))?.split('|').at(-1)),
        '7',
      ],
      [
        'maintenance',
        () => put(agent, 'many', one.url, { servers: servers(0), maintenance: { message: 'at noon' } }),
        () => answer('many'),
        expect.stringContaining('<p>at noon (503)</p>'),
      ],
      [
        'no maintenance',
        () => put(agent, 'many', one.url, { servers: servers(0) }),
        () => answer('many'),
        `one for ${hostOf('many')}`,
      ],
      [
        'the target of a route in the lane',
        () => put(agent, 'lane', two.url, { check: false }),
        () => answer('lane'),
        `two for ${hostOf('lane')}`,
      ],
      [
        'what a name stands for',
        async () => {
          expect(await answer('named')).toBe('127.0.0.2')
          zone['app.test'] = { A: ['127.0.0.3'] }
          await put(agent, 'named', named, { hostHeader: 'x.test' })
        },
        () => answer('named'),
        '127.0.0.3',
      ],
      [
        'a new route in the lane',
        () => put(agent, 'new', one.url, { check: false, maxConcurrent: 3 }),
        () => answer('new'),
        `one for ${hostOf('new')}`,
      ],
      ['a removal', () => remove(agent, 'gone'), () => answer('gone'), expect.stringContaining('There is nothing')],
    ]
  for (const [what, change, answers, expected] of changes) {
    await change()
    expect.soft(await answers(), what).toEqual(expected)
    expect.soft(await front.reloads(), what).toBe(reloads)
  }
})

it('reloads once for each other change, loses no request by it and lets none through that may not', async () => {
  const front = await startRoutedFront()
  const { agent, hostOf, ports } = front
  const target = await startNamedTarget('target')
  const basicAuth = { users: USERS }
  await putAll(front, [
    { subdomain: 'steady', targetUrl: target.url },
    { subdomain: 'inside', targetUrl: target.url, options: { basicAuth } },
    { subdomain: 'inside', targetUrl: target.url, options: { basicAuth, pathPrefix: '/api' } },
  ])
  const steady = { host: hostOf('steady'), answers: () => ['target'] }
  const host = hostOf('inside')
  const loads = [
    http1Load(ports.http, [steady], { connections: 'kept', pauseMs: 20 }),
    http1Load(ports.http, [steady], { connections: 'new', pauseMs: 20 }),
    askedFor(front, host, 200, { authorization }),
    askedFor(front, host, 401),
    askedFor(front, host, 200, { authorization }, '/api'),
    askedFor(front, host, 401, { authorization: 'Basic YW5uYTp4' }, '/api'),
  ]
  const more = await startNamedTarget('more')
  const servers = [{ url: more.url }]
  const change = (options: object) => put(agent, 'inside', target.url, { basicAuth, ...options }, { waitSeconds: 30 })
  // Counted before backends that nobody uses any more are taken away, which is a reload of its own. Which change needs
  // another backend is told by `needsNewBackend`, and tried without HAProxy.
  const reloads = await front.reloads()
  await change({ check: false, timeouts: { responseSeconds: 7 }, hostHeader: 'inside.test' })
  expect(await front.reloads()).toBe(reloads + 1)
  const inside = { type: 'http', subdomain: 'inside', targetUrl: target.url }
  const upsert = [
    { ...inside, options: { basicAuth, requestHeaders: { 'X-A': 'b' } } },
    { ...inside, options: { basicAuth, pathPrefix: '/api', stripPrefix: true } },
    ...Array.from({ length: 20 }, (_, i) => ({
      type: 'http',
      subdomain: `also-${i}`,
      targetUrl: target.url,
      options: { basicAuth, redirectToHttps: i % 2 === 0 },
    })),
  ]
  expectStatus(await agent.post('/api/proxy/bulk', { upsert }), [200])
  expect(await front.reloads()).toBe(reloads + 2)

  await change({ servers, sticky: true, rateLimit: { requests: 100_000, seconds: 10 }, allowFrom: ['127.0.0.0/8'] })
  await change({ basicAuth: { users: [...USERS, { user: 'ben', password: 'another one' }] } })
  await change({})
  await Promise.all(loads.map((load) => load.more(20)))
  expect(await failuresOf(loads)).toEqual([])
})
