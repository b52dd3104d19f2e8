import { describe, expect, it } from 'vitest'
import { ADMIN_TOKEN, ENROLLMENT_TOKEN } from '../harness.ts'
import { keyOf, type RoutesHarness, routesHarness } from '../support/routes.ts'

/** What the contract decides where its calls leave a choice, one after the other. */

const SHOP = { agentId: 'vps-1', subdomain: 'shop', targetUrl: 'http://203.0.113.7:3000' }
const OWN = { ports: [], addresses: () => [], services: [] }
const NAMES = {
  level: 'public' as const,
  own: OWN,
  resolve: async () => ({ addresses: ['203.0.113.9'], ttlSeconds: 60 }),
}

async function withAgent(): Promise<RoutesHarness & { token: string }> {
  const front = await routesHarness({ targets: NAMES })
  return { ...front, token: await front.agent('vps-1') }
}

const recordsOf = async (front: RoutesHarness) =>
  // biome-ignore lint/suspicious/noExplicitAny: the test knows what it put there.
  (await front.stored('routes/')).map(({ value }) => value as any)

describe('a route is known by type, host and path prefix', () => {
  it('and a write replaces all options: what is absent has its default', async () => {
    const front = await withAgent()
    const options = { check: false, balance: 'leastconn', allowFrom: ['192.0.2.0/24'], hostHeader: 'a.example' }
    const first = await front.http(front.token, { ...SHOP, options })
    expect(first.body.route.options).toEqual(options)
    const second = await front.http(front.token, { ...SHOP, options: { balance: 'random' } })
    expect([second.status, second.body.route.id]).toEqual([200, first.body.route.id])
    expect(second.body.route.options).toEqual({ balance: 'random' })
    expect(await recordsOf(front)).toEqual([
      expect.objectContaining({ check: { kind: 'tcp' }, balance: 'random', allowFrom: [] }),
    ])
    expect((await front.http(front.token, SHOP)).body.route.options).toEqual({})
  })

  it('so that another prefix is another route, and a deletion without one takes them all', async () => {
    const front = await withAgent()
    for (const options of [{}, { pathPrefix: '/a' }, { pathPrefix: '/b/' }]) {
      expect((await front.http(front.token, { ...SHOP, options })).status).toBe(201)
    }
    const removal = { agentId: 'vps-1', type: 'http', subdomain: 'shop' }
    expect((await front.remove(front.token, { ...removal, pathPrefix: '/a/' })).status).toBe(200)
    expect((await front.routesOf('vps-1', front.token)).map(({ pathPrefix }) => pathPrefix)).toEqual([null, '/b/'])
    expect((await front.remove(front.token, removal)).body.message).toContain('routes')
    expect(await front.routesOf('vps-1', front.token)).toEqual([])
  })
})

describe('a registration', () => {
  const register = (front: RoutesHarness, fields: object) =>
    front.call('POST', '/api/agents/register', {
      token: ENROLLMENT_TOKEN,
      body: { agentId: 'vps-2', agentKey: keyOf('vps-2'), targetIp: '203.0.113.8', ...fields },
    })

  it('makes no routes of its own accord', async () => {
    const front = await routesHarness()
    const { status, body } = await register(front, {})
    expect([status, body.routes, await front.stored('routes/')]).toEqual([201, [], []])
  })

  it('makes those that it brings in its own commit', async () => {
    const front = await routesHarness()
    const { body } = await register(front, { routes: [{ type: 'mongodb' }, { type: 'http', ...omitAgent(SHOP) }] })
    expect(body.routes).toHaveLength(2)
    const entries = (await front.kv.list('')).entries.filter(({ key }) => /^(?:agents|routes)\//.test(key))
    expect(new Set(entries.map(({ version }) => version)).size).toBe(1)
  })
})

describe('targetUrl', () => {
  it.each([
    ['http://203.0.113.7:3000', { host: '203.0.113.7', port: 3_000, tls: false }],
    ['http://203.0.113.7', { host: '203.0.113.7', port: 80, tls: false }],
    ['https://203.0.113.7/', { host: '203.0.113.7', port: 443, tls: true }],
    ['HTTPS://App.Example.NET:8443', { host: 'app.example.net', port: 8_443, tls: true }],
    ['http://[2606:4700::1111]:80', { host: '2606:4700::1111', port: 80, tls: false }],
  ])('%s is taken', async (targetUrl, target) => {
    const front = await withAgent()
    expect((await front.http(front.token, { ...SHOP, targetUrl })).status).toBe(201)
    expect((await recordsOf(front))[0].targets[0]).toMatchObject(target)
  })

  it.each([
    ['http://203.0.113.7/path', 'path'],
    ['http://203.0.113.7?q=1', 'query'],
    ['http://203.0.113.7/#x', 'fragment'],
    ['http://user:password@203.0.113.7', 'user'],
    ['ftp://203.0.113.7', 'http'],
    ['203.0.113.7:3000', 'http'],
    ['http://203.0.113.7:0', 'port'],
    ['http://203.0.113.7:65536', 'port'],
    ['http://ex ample', 'IP address or a host name'],
    ['http://bücher.example', 'IP address or a host name'],
    ['http://localhost:3000', 'give the address that the front can reach'],
    ['http://127.0.0.1:3000', 'give the address that the front can reach'],
  ])('%s is refused, with what to do', async (targetUrl, hint) => {
    const front = await withAgent()
    const { status, body } = await front.http(front.token, { ...SHOP, targetUrl })
    expect([status, body.error]).toEqual([400, expect.stringContaining(hint)])
  })

  it('gives way to useTls: TLS to that host and port, or none', async () => {
    const front = await withAgent()
    await front.http(front.token, { ...SHOP, targetUrl: 'http://app.example.net:3000', options: { useTls: true } })
    await front.http(front.token, {
      ...SHOP,
      subdomain: 'plain',
      targetUrl: 'https://app.example.net:3000',
      options: { useTls: false },
    })
    const [plain, shop] = await recordsOf(front)
    expect([plain.host, plain.targets[0].tls, plain.targets[0].port]).toEqual(['plain.apps.example.com', false, 3_000])
    expect([shop.host, shop.targets[0].tls, shop.targets[0].port]).toEqual(['shop.apps.example.com', true, 3_000])
  })
})

describe('tlsVerify', () => {
  it('is system for names, and none for addresses, with a warning', async () => {
    const front = await withAgent()
    const named = await front.http(front.token, { ...SHOP, targetUrl: 'https://app.example.net' })
    const bare = await front.http(front.token, { ...SHOP, subdomain: 'bare', targetUrl: 'https://203.0.113.7' })
    const meant = await front.http(front.token, {
      ...SHOP,
      subdomain: 'meant',
      targetUrl: 'https://203.0.113.7',
      options: { tlsVerify: 'none' },
    })
    expect((await recordsOf(front)).map(({ tlsVerify }) => tlsVerify)).toEqual(['none', 'none', 'system'])
    expect(named.body.warnings).toBeUndefined()
    expect(bare.body.warnings).toEqual([expect.stringContaining('203.0.113.7:443 is not verified')])
    expect(meant.body.warnings).toBeUndefined()
  })
})

describe('a database', () => {
  const put = (front: RoutesHarness & { token: string }, fields: object) =>
    front.call('POST', '/api/proxy/mongodb', { token: front.token, body: { agentId: 'vps-1', ...fields } })

  it.each([
    [{}, 'vps-1.mongodb.example.com'],
    [{ subdomain: 'vps-1' }, 'vps-1.mongodb.example.com'],
    [{ subdomain: 'orders' }, 'orders.vps-1.mongodb.example.com'],
    [{ name: 'orders' }, 'orders.vps-1.mongodb.example.com'],
    [{ name: 'orders', subdomain: 'orders' }, 'orders.vps-1.mongodb.example.com'],
  ])('takes the subdomain that older agents send: %j', async (fields, host) => {
    const front = await withAgent()
    const { status, body } = await put(front, fields)
    expect([status, body.domain, body.targetIp, body.targetPort]).toEqual([201, host, '203.0.113.7', 27_017])
  })

  it('takes no other one', async () => {
    const { status, body } = await put(await withAgent(), { name: 'orders', subdomain: 'shop' })
    expect([status, body.error]).toEqual([400, expect.stringContaining('agentId or the name of the database')])
  })
})

describe('check', () => {
  it.each([
    [undefined, { kind: 'tcp' }],
    [true, { kind: 'tcp' }],
    [false, false],
    [{}, { kind: 'http', path: '/', intervalSeconds: 2, rise: 2, fall: 3, expectStatus: null }],
    [
      { path: '/up', fall: 5 },
      { kind: 'http', path: '/up', intervalSeconds: 2, rise: 2, fall: 5, expectStatus: null },
    ],
  ])('%j', async (check, kept) => {
    const front = await withAgent()
    await front.http(front.token, { ...SHOP, options: check === undefined ? {} : { check } })
    expect((await recordsOf(front))[0].check).toEqual(kept)
  })

  it('of a database is by TCP alone', async () => {
    const front = await withAgent()
    const body = { agentId: 'vps-1', options: { check: { path: '/up' } } }
    expect((await front.call('POST', '/api/proxy/mongodb', { token: front.token, body })).status).toBe(400)
  })
})

describe('an answer', () => {
  it('says how a change came to HAProxy, and is 202 only while nobody could be told', async () => {
    const front = await withAgent()
    const applied = { via: 'reload', why: 'its own backend was made', steps: [{ step: 'commit', ms: 12 }] } as const
    front.gateway.answer = () => ({ status: 'settled', applied: { ...applied, steps: [...applied.steps] } })
    expect((await front.http(front.token, SHOP)).body).toMatchObject({ status: 'settled', applied })
    for (const [status, code] of [
      ['live', 200],
      ['degraded', 200],
      ['pending', 202],
    ] as const) {
      front.gateway.answer = () => ({ status })
      const wish = {
        ...SHOP,
        targetUrl: `http://203.0.113.7:${code + 1}`,
        options: { hostHeader: `${status}.example` },
      }
      const answer = await front.http(front.token, wish)
      expect([answer.status, answer.body.status]).toEqual([code, status])
    }
  })

  it.each([
    ['wait=7', 7_000],
    ['respond-async, wait=3', 3_000],
    ['wait=9999', 60_000],
    ['wait=soon', undefined],
  ])('waits as Prefer: %s says', async (prefer, waitMs) => {
    const front = await withAgent()
    await front.http(front.token, SHOP, { prefer })
    expect(front.gateway.waits).toEqual([waitMs])
  })
})

describe('names', () => {
  it.each(['Shop', 'bücher', 'xn--bcher-kva', 'shop.', 'a.b', 'front', '-a', 'a_b'])(
    '%s is no subdomain',
    async (subdomain) => {
      const front = await withAgent()
      const { status, body } = await front.http(front.token, { ...SHOP, subdomain })
      expect([status, body.code, body.error]).toEqual([400, 'INVALID_INPUT', expect.stringContaining('subdomain')])
    },
  )

  it('of targets are kept in lower case', async () => {
    const front = await withAgent()
    const { body } = await front.http(front.token, { ...SHOP, targetUrl: 'http://APP.Example.NET:80' })
    expect(body.targetUrl).toBe('http://app.example.net:80')
  })
})

describe('a revoked agent', () => {
  it('is refused with each token that it has, and let in with its key', async () => {
    const front = await withAgent()
    await front.call('POST', '/api/agents/vps-1/revoke', { token: ADMIN_TOKEN })
    expect((await front.http(front.token, SHOP)).status).toBe(401)
    const login = { agentId: 'vps-1', agentKey: keyOf('vps-1') }
    const { token } = (await front.call('POST', '/api/agents/authenticate', { body: login })).body
    expect((await front.http(token, SHOP)).status).toBe(201)
  })
})

describe('an unknown field', () => {
  it.each([
    ['/api/proxy/http', { ...SHOP, tragetUrl: 'x' }, 'tragetUrl'],
    ['/api/proxy/http', { ...SHOP, options: { chek: false } }, 'chek'],
    ['/api/proxy/http', { ...SHOP, options: { check: { pth: '/' } } }, 'check'],
    ['/api/proxy/mongodb', { agentId: 'vps-1', options: { sticky: true } }, 'sticky'],
    ['/api/agents/vps-1/heartbeat', { verison: '1' }, 'verison'],
  ])('of %s is refused by its name', async (path, body, name) => {
    const front = await withAgent()
    const answer = await front.call('POST', path, { token: front.token, body })
    expect([answer.status, answer.body.error]).toEqual([400, expect.stringContaining(name)])
  })
})

const omitAgent = ({ agentId: _, ...rest }: typeof SHOP) => rest
