import { describe, expect, it } from 'vitest'
import { ADMIN_TOKEN, ENROLLMENT_TOKEN } from '../harness.ts'
import { refusing } from '../support/fake-gateway.ts'
import { keyOf, type RoutesHarness, routesHarness } from '../support/routes.ts'

const SHOP = { agentId: 'vps-1', subdomain: 'shop', targetUrl: 'http://203.0.113.7:3000' }
const APPLIED = { via: 'runtime', why: 'a map entry', steps: [{ step: 'map', ms: 1 }] }

const database = (front: RoutesHarness, token: string, body: object = {}) =>
  front.call('POST', '/api/proxy/mongodb', { token, body: { agentId: 'vps-1', ...body } })

const bulk = (front: RoutesHarness, token: string, body: object) =>
  front.call('POST', '/api/proxy/bulk', { token, body })

describe('an HTTP route', () => {
  it('is set up, and says where it is', async () => {
    const front = await routesHarness()
    const { status, body } = await front.http(await front.agent('vps-1'), SHOP)
    expect(status).toBe(201)
    expect(body).toEqual({
      success: true,
      message: 'The route shop.apps.example.com is set up',
      domain: 'shop.apps.example.com',
      targetUrl: 'http://203.0.113.7:3000',
      url: 'https://shop.apps.example.com/',
      status: 'live',
      applied: APPLIED,
      route: {
        type: 'http',
        id: expect.stringMatching(/^vps-1\.[0-9a-f]{18}$/),
        agentId: 'vps-1',
        domain: 'shop.apps.example.com',
        subdomain: 'shop',
        pathPrefix: null,
        targetUrl: 'http://203.0.113.7:3000',
        options: {},
        status: 'live',
        revision: 1,
        createdAt: '2030-01-01T00:00:00.000Z',
        updatedAt: '2030-01-01T00:00:00.000Z',
      },
      warnings: [expect.stringContaining('203.0.113.7:3000 can be read')],
    })
  })

  it('is in the store, in one commit with its claim and its audit entry, before the gateway hears of it', async () => {
    const front = await routesHarness()
    const token = await front.agent('vps-1')
    await front.http(token, { ...SHOP, options: { check: false } })
    const entries = (await front.kv.list('')).entries
    const [route] = entries.filter(({ key }) => key === 'routes/vps-1/http/shop.apps.example.com/')
    const together = entries.filter(({ version }) => version === route?.version).map(({ key }) => key.split('/')[0])
    expect(together.sort()).toEqual(['audit', 'claims', 'route-counts', 'routes'])
    expect(route?.value).toMatchObject({
      targets: [{ host: '203.0.113.7', address: '203.0.113.7', port: 3000, tls: false, weight: 100, backup: false }],
      check: false,
      generation: 1,
      suspended: false,
    })
    expect(front.gateway.told).toEqual([[{ key: route?.key, route: route?.value, version: route?.version }]])
  })

  it('again the same is unchanged: nothing is written and nothing applied', async () => {
    const front = await routesHarness()
    const token = await front.agent('vps-1')
    await front.http(token, { ...SHOP, options: { useTls: true, check: { path: '/up' } } })
    const before = (await front.kv.list('')).revision
    const { status, body } = await front.http(token, { ...SHOP, options: { check: { path: '/up' }, useTls: true } })
    expect([status, body.message, body.route.revision]).toEqual([
      200,
      'The route shop.apps.example.com is as it was',
      1,
    ])
    expect([(await front.kv.list('')).revision, front.gateway.told.length]).toEqual([before, 1])
  })

  it('again with something else replaces all that it said', async () => {
    const front = await routesHarness()
    const token = await front.agent('vps-1')
    const first = await front.http(token, { ...SHOP, options: { balance: 'leastconn', allowFrom: ['192.0.2.0/24'] } })
    const { status, body } = await front.http(token, { ...SHOP, options: { check: false } })
    expect([status, body.message]).toEqual([200, 'The route shop.apps.example.com is changed'])
    expect(body.route).toMatchObject({ id: first.body.route.id, options: { check: false }, revision: 2 })
    expect(front.gateway.told[1]?.[0]?.route).toMatchObject({ balance: 'roundrobin', allowFrom: [], generation: 2 })
  })

  it('keeps its backend where only weights change, and gets another one for another target', async () => {
    const front = await routesHarness()
    const token = await front.agent('vps-1')
    const withWeight = (weight: number) => ({ servers: [{ url: 'http://203.0.113.9:4000', weight }] })
    await front.http(token, { ...SHOP, options: withWeight(1) })
    await front.http(token, { ...SHOP, options: withWeight(2) })
    expect(front.gateway.told[1]?.[0]?.route).toMatchObject({ generation: 1, revision: 2 })
    await front.http(token, { ...SHOP, options: { ...withWeight(2), balance: 'source' } })
    expect(front.gateway.told[2]?.[0]?.route).toMatchObject({ generation: 3, revision: 3 })
    await front.http(token, { ...SHOP, targetUrl: 'http://203.0.113.8:4000' })
    expect(front.gateway.told[3]?.[0]?.route).toMatchObject({ generation: 4, revision: 4 })
  })

  it('has one claim for all paths of its host', async () => {
    const front = await routesHarness()
    const token = await front.agent('vps-1')
    await front.http(token, SHOP)
    const { body } = await front.http(token, { ...SHOP, options: { pathPrefix: '/api' } })
    expect([body.url, body.route.pathPrefix]).toEqual(['https://shop.apps.example.com/api/', '/api/'])
    expect(await front.stored('routes/')).toHaveLength(2)
    expect(await front.stored('claims/')).toEqual([
      { key: 'claims/shop.apps.example.com', value: { agentId: 'vps-1' } },
    ])
  })

  it.each([
    ['useTls over the scheme', { targetUrl: 'http://203.0.113.7', options: { useTls: true } }, { port: 80, tls: true }],
    [
      'no TLS over the scheme',
      { targetUrl: 'https://203.0.113.7', options: { useTls: false } },
      { port: 443, tls: false },
    ],
    ['an IPv6 target', { targetUrl: 'http://[2001:DB8:0::1]:81/' }, { host: '2001:db8::1', address: '2001:db8::1' }],
    ['a mapped address', { targetUrl: 'http://[::ffff:203.0.113.7]:81' }, { address: '203.0.113.7' }],
    ['an odd notation', { targetUrl: 'http://0xcb007107:81' }, { host: '203.0.113.7', address: '203.0.113.7' }],
  ])('takes %s', async (_, fields, target) => {
    const front = await routesHarness()
    const { status } = await front.http(await front.agent('vps-1'), { ...SHOP, ...fields })
    expect(status).toBe(201)
    expect(front.gateway.told[0]?.[0]?.route?.targets[0]).toMatchObject(target)
  })

  it('warns where the certificate of an address is not verified, unless that was asked for', async () => {
    const front = await routesHarness()
    const token = await front.agent('vps-1')
    const asked = { ...SHOP, targetUrl: 'https://203.0.113.7' }
    const { body } = await front.http(token, asked)
    expect(body.warnings).toEqual([expect.stringContaining('203.0.113.7:443 is not verified')])
    expect((await front.http(token, { ...asked, options: { tlsVerify: 'none' } })).body.warnings).toBeUndefined()
    const verified = await front.http(token, { ...asked, options: { tlsVerify: 'system' } })
    expect([verified.status, verified.body.code]).toEqual([400, 'INVALID_INPUT'])
  })

  it('has several servers', async () => {
    const front = await routesHarness()
    const servers = [
      { url: 'http://203.0.113.8:3000', weight: 50 },
      { url: 'http://203.0.113.9:3000', backup: true },
    ]
    const { body } = await front.http(await front.agent('vps-1'), { ...SHOP, options: { servers } })
    expect(body.route.options).toEqual({ servers })
    expect(front.gateway.told[0]?.[0]?.route?.targets).toMatchObject([
      { weight: 100, backup: false },
      { weight: 50, backup: false },
      { weight: 100, backup: true },
    ])
  })

  it('is 202 while no data plane is there', async () => {
    const front = await routesHarness()
    const token = await front.agent('vps-1')
    front.gateway.answer = () => ({ status: 'pending' })
    const { status, body } = await front.http(token, SHOP)
    expect([status, body.status, body.route.status]).toEqual([202, 'pending', 'pending'])
    expect(await front.stored('routes/')).toHaveLength(1)
  })

  it('stays accepted when the gateway breaks', async () => {
    const front = await routesHarness()
    const token = await front.agent('vps-1')
    front.gateway.answer = () => Promise.reject(new Error('broken'))
    expect((await front.http(token, SHOP)).status).toBe(202)
    expect(await front.stored('routes/')).toHaveLength(1)
  })

  it('passes on how long the caller waits', async () => {
    const front = await routesHarness()
    const token = await front.agent('vps-1')
    await front.http(token, SHOP, { prefer: 'respond-async, wait=5' })
    await front.http(token, { ...SHOP, targetUrl: 'http://203.0.113.8' }, { prefer: 'wait=forever' })
    await front.http(token, { ...SHOP, targetUrl: 'http://203.0.113.9' }, { prefer: 'wait=99999' })
    expect(front.gateway.waits).toEqual([5_000, undefined, 60_000])
  })
})

describe('who may', () => {
  it('an agent sets up its own, an administrator everybody’s', async () => {
    const front = await routesHarness()
    const [first, second] = [await front.agent('vps-1'), await front.agent('vps-2')]
    expect((await front.http(second, SHOP)).body.code).toBe('FORBIDDEN')
    expect((await front.http(first, { ...SHOP, agentId: undefined })).body.code).toBe('FORBIDDEN')
    expect((await front.http(ADMIN_TOKEN, SHOP)).status).toBe(201)
    expect((await front.http(ADMIN_TOKEN, { ...SHOP, agentId: 'nobody' })).body.code).toBe('AGENT_NOT_FOUND')
    const body = { ...SHOP, subdomain: 'other', agentKey: keyOf('vps-1') }
    expect((await front.call('POST', '/api/proxy/http', { body })).status).toBe(201)
  })

  it('a host has one owner', async () => {
    const front = await routesHarness()
    const [first, second] = [await front.agent('vps-1'), await front.agent('vps-2')]
    await front.http(first, SHOP)
    for (const fields of [{}, { options: { pathPrefix: '/mine/' } }]) {
      const { status, body } = await front.http(second, { ...SHOP, agentId: 'vps-2', ...fields })
      expect([status, body.code]).toEqual([409, 'HOST_TAKEN'])
    }
    expect((await front.remove(second, { agentId: 'vps-2', subdomain: 'shop', type: 'http' })).status).toBe(404)
    expect(await front.routesOf('vps-1', first)).toHaveLength(1)
  })

  it('reads: an agent its own, an administrator all', async () => {
    const front = await routesHarness()
    const [first, second] = [await front.agent('vps-1'), await front.agent('vps-2')]
    const { id } = (await front.http(first, SHOP)).body.route
    await front.http(second, { ...SHOP, agentId: 'vps-2', subdomain: 'blog' })
    const read = (token: string) => front.call('GET', `/api/proxy/routes/${id}`, { token })
    expect((await read(first)).body).toMatchObject({
      route: { id, domain: 'shop.apps.example.com' },
      targets: [{ host: '203.0.113.7', address: '203.0.113.7', port: 3000 }],
      steps: [{ step: 'map', ms: 1 }],
    })
    expect((await read(second)).status).toBe(403)
    expect((await read(ADMIN_TOKEN)).status).toBe(200)
    expect((await front.call('GET', '/api/proxy', { token: first })).status).toBe(403)
    const page = await front.call('GET', '/api/proxy?limit=1', { token: ADMIN_TOKEN })
    const rest = await front.call('GET', `/api/proxy?cursor=${page.body.cursor}`, { token: ADMIN_TOKEN })
    expect([...page.body.routes, ...rest.body.routes].map(({ agentId }) => agentId)).toEqual(['vps-1', 'vps-2'])
    expect(rest.body.cursor).toBeNull()
  })

  it('finds a route by its id also where it has not seen it before', async () => {
    const front = await routesHarness()
    const { id } = (await front.http(await front.agent('vps-1'), SHOP)).body.route
    const other = await routesHarness({ kv: front.kv })
    const read = (each: string) => other.call('GET', `/api/proxy/routes/${each}`, { token: ADMIN_TOKEN })
    expect((await read(id)).body.route.id).toBe(id)
    expect((await read('vps-1.000000')).body.code).toBe('ROUTE_NOT_FOUND')
  })
})

describe('removing a route', () => {
  const removal = { agentId: 'vps-1', subdomain: 'shop', type: 'http' }

  it('tells the gateway, and is 404 the next time', async () => {
    const front = await routesHarness()
    const token = await front.agent('vps-1')
    await front.http(token, SHOP)
    const { status, body } = await front.remove(token, removal)
    expect([status, body]).toEqual([
      200,
      { success: true, message: 'The route shop.apps.example.com is removed', domain: 'shop.apps.example.com' },
    ])
    expect(front.gateway.told[1]).toMatchObject([{ key: 'routes/vps-1/http/shop.apps.example.com/', route: null }])
    expect(await front.remove(token, removal)).toMatchObject({ status: 404, body: { code: 'ROUTE_NOT_FOUND' } })
    expect([await front.stored('routes/'), await front.stored('route-counts/')]).toEqual([[], []])
  })

  it('takes one path, or all of the host', async () => {
    const front = await routesHarness()
    const token = await front.agent('vps-1')
    for (const pathPrefix of ['/', '/a', '/b']) await front.http(token, { ...SHOP, options: { pathPrefix } })
    expect((await front.remove(token, { ...removal, pathPrefix: '/a/' })).body.message).toContain('example.com/a/')
    expect((await front.remove(token, { ...removal, pathPrefix: '/a/' })).status).toBe(404)
    expect((await front.remove(token, { ...removal, pathPrefix: '/' })).status).toBe(200)
    expect((await front.stored('routes/')).map(({ key }) => key)).toEqual([
      'routes/vps-1/http/shop.apps.example.com/b/',
    ])
    await front.http(token, SHOP)
    expect((await front.remove(token, removal)).body.message).toMatch(/^The routes .*, .* are removed$/)
    expect(await front.stored('routes/')).toEqual([])
  })

  it('keeps the host for its agent, and others out of it for a while', async () => {
    const front = await routesHarness()
    const [first, second] = [await front.agent('vps-1'), await front.agent('vps-2')]
    await front.http(first, SHOP)
    await front.remove(first, removal)
    const taking = () => front.http(ADMIN_TOKEN, { ...SHOP, agentId: 'vps-2' })
    expect((await front.http(second, { ...SHOP, agentId: 'vps-2' })).body.code).toBe('NAME_RELEASED')
    expect((await front.http(first, SHOP)).status).toBe(201)
    await front.remove(first, removal)
    front.clock.nowMs += 86_399_000
    expect((await taking()).body.code).toBe('NAME_RELEASED')
    front.clock.nowMs += 1_000
    expect((await taking()).status).toBe(201)
  })
})

describe('a MongoDB route', () => {
  it('goes to the agent by its own name, with a certificate', async () => {
    const front = await routesHarness()
    const { status, body } = await database(front, await front.agent('vps-1'))
    expect(status).toBe(201)
    expect(body).toMatchObject({
      message: 'The database vps-1.mongodb.example.com is set up',
      domain: 'vps-1.mongodb.example.com',
      connectionString: 'mongodb://vps-1.mongodb.example.com:27017/?tls=true&tlsCAFile=ca.pem&directConnection=true',
      targetIp: '203.0.113.7',
      targetPort: 27_017,
      tlsEnabled: true,
      certificates: {
        ca: expect.stringContaining('BEGIN CERTIFICATE'),
        cert: expect.stringContaining('BEGIN CERTIFICATE'),
        key: expect.stringContaining('PRIVATE KEY'),
      },
      status: 'live',
    })
    expect(Object.keys(body.certificates).sort()).toEqual(['ca', 'cert', 'key'])
    expect(front.gateway.told[0]?.[0]?.route).toMatchObject({ type: 'mongodb', name: null, useTls: true })
  })

  it('has the same certificate the next time, and the agent’s configuration names the route', async () => {
    const front = await routesHarness()
    const token = await front.agent('vps-1')
    const first = await database(front, token)
    const again = await database(front, token, {
      targetHost: '203.0.113.9',
      targetPort: 27_018,
      options: { useTls: false },
    })
    expect(again.status).toBe(200)
    expect(again.body).toMatchObject({ targetIp: '203.0.113.9', targetPort: 27_018, tlsEnabled: false })
    expect(again.body.certificates.cert).toBe(first.body.certificates.cert)
    const config = await front.call('GET', '/api/config/vps-1', { token })
    expect(config.body.routes).toMatchObject([
      { type: 'mongodb', domain: 'vps-1.mongodb.example.com', targetHost: '203.0.113.9', targetPort: 27_018 },
    ])
  })

  it('may be one of several, and is removed by its name, or as older agents do', async () => {
    const front = await routesHarness()
    const token = await front.agent('vps-1')
    await database(front, token)
    for (const name of ['orders', 'stock'])
      expect((await database(front, token, { name })).body.domain).toBe(`${name}.vps-1.mongodb.example.com`)
    const removal = { agentId: 'vps-1', type: 'mongodb' }
    expect((await front.remove(token, { ...removal, name: 'orders' })).body.domain).toBe(
      'orders.vps-1.mongodb.example.com',
    )
    expect((await front.remove(token, { ...removal, subdomain: 'stock' })).status).toBe(200)
    expect((await front.remove(token, { ...removal, subdomain: 'vps-1' })).body.domain).toBe(
      'vps-1.mongodb.example.com',
    )
    expect((await front.remove(token, { ...removal, subdomain: 'a', name: 'b' })).body.code).toBe('INVALID_INPUT')
    expect(await front.stored('routes/')).toEqual([])
  })
})

describe('many at once', () => {
  it('are put and removed in one commit, and applied once', async () => {
    const front = await routesHarness()
    const token = await front.agent('vps-1')
    await front.http(token, SHOP)
    const upsert = ['a', 'b'].map((subdomain) => ({ type: 'http', ...SHOP, subdomain }))
    const before = (await front.kv.list('')).revision
    const { status, body } = await bulk(front, token, {
      upsert: [...upsert, { type: 'mongodb', agentId: 'vps-1' }],
      remove: [
        { type: 'http', agentId: 'vps-1', subdomain: 'shop' },
        { type: 'http', agentId: 'vps-1', subdomain: 'no' },
      ],
    })
    expect([status, body.created, body.changed, body.unchanged, body.removed]).toEqual([200, 3, 0, 0, 1])
    expect([(await front.kv.list('')).revision, front.gateway.told.length]).toEqual([before + 1, 2])
    expect(front.gateway.told[1]).toHaveLength(4)
    const again = await bulk(front, token, { agentId: 'vps-1', upsert: upsert.map(({ agentId: _, ...rest }) => rest) })
    expect([again.status, again.body.unchanged]).toEqual([200, 2])
    expect(front.gateway.told).toHaveLength(2)
  })

  it('are refused whole, each wrong one by its place', async () => {
    const front = await routesHarness()
    const [first, second] = [await front.agent('vps-1'), await front.agent('vps-2')]
    await front.http(second, { ...SHOP, agentId: 'vps-2', subdomain: 'taken' })
    const put = (fields: object) => ({ type: 'http', ...SHOP, ...fields })
    const { status, body } = await bulk(front, first, {
      upsert: [
        put({ subdomain: 'good' }),
        put({ subdomain: 'taken' }),
        put({ subdomain: 'near', targetUrl: 'http://127.0.0.1:80' }),
        put({ subdomain: 'good' }),
      ],
    })
    expect([status, body.details.map((each: string) => each.split(':')[0])]).toEqual([
      409,
      ['upsert[1].subdomain', 'upsert[2].targetUrl', 'upsert[3].subdomain'],
    ])
    expect(await front.routesOf('vps-1', first)).toEqual([])
    const parsed = await bulk(front, first, { upsert: [put({}), put({ subdomain: 'No' })] })
    expect(parsed.body.details).toEqual([expect.stringMatching(/^upsert\[1\]\.subdomain: /)])
  })

  it('may be several agents’ for an administrator alone', async () => {
    const front = await routesHarness()
    const first = await front.agent('vps-1')
    await front.agent('vps-2')
    const upsert = ['vps-1', 'vps-2'].map((agentId) => ({ type: 'http', ...SHOP, agentId, subdomain: agentId }))
    expect((await bulk(front, first, { upsert })).status).toBe(403)
    expect((await bulk(front, ADMIN_TOKEN, { upsert })).body.created).toBe(2)
    const same = upsert.map((each) => ({ ...each, subdomain: 'same' }))
    expect((await bulk(front, ADMIN_TOKEN, { upsert: same })).body).toMatchObject({
      code: 'HOST_TAKEN',
      details: [expect.stringMatching(/^upsert\[1\]\.subdomain: /)],
    })
  })

  it('find out who has a host, also among thousands that they did not look at', async () => {
    const front = await routesHarness()
    const [first, second] = [await front.agent('vps-1'), await front.agent('vps-2')]
    await front.http(second, { ...SHOP, agentId: 'vps-2', subdomain: 's-77' })
    const upsert = Array.from({ length: 2_000 }, (_, i) => ({ type: 'http', ...SHOP, subdomain: `s-${i}` }))
    const { status, body } = await bulk(front, first, { upsert })
    expect([status, body.details]).toEqual([409, [expect.stringMatching(/^upsert\[77\]\.subdomain: .*s-77/)]])
    const others = upsert.filter(({ subdomain }) => subdomain !== 's-77')
    expect((await bulk(front, first, { upsert: others })).body.created).toBe(1_999)
  })

  it('are no more than an agent may have', async () => {
    const front = await routesHarness({ settings: { ...(await import('../harness.ts')).SETTINGS, routesPerAgent: 2 } })
    const token = await front.agent('vps-1')
    const upsert = ['a', 'b', 'c'].map((subdomain) => ({ type: 'http', ...SHOP, subdomain }))
    expect(await bulk(front, token, { upsert })).toMatchObject({ status: 409, body: { code: 'TOO_MANY_ROUTES' } })
    expect((await bulk(front, token, { upsert: upsert.slice(0, 2) })).status).toBe(200)
    expect((await front.http(token, { ...SHOP, subdomain: 'c' })).body.code).toBe('TOO_MANY_ROUTES')
    expect((await front.http(token, { ...SHOP, subdomain: 'a', options: { check: false } })).status).toBe(200)
  })
})

describe('routes in a registration', () => {
  const register = (front: RoutesHarness, routes: object[], fields: object = {}) =>
    front.call('POST', '/api/agents/register', {
      token: ENROLLMENT_TOKEN,
      body: { agentId: 'vps-1', agentKey: keyOf('vps-1'), targetIp: '203.0.113.7', routes, ...fields },
    })

  it('are made in the same commit, and answered', async () => {
    const front = await routesHarness()
    const { subdomain, targetUrl } = SHOP
    const { status, body } = await register(front, [{ type: 'http', subdomain, targetUrl }, { type: 'mongodb' }])
    expect([status, body.routes.map(({ domain }: { domain: string }) => domain)]).toEqual([
      201,
      ['shop.apps.example.com', 'vps-1.mongodb.example.com'],
    ])
    const { entries } = await front.kv.list('')
    const versions = entries.filter(({ key }) => /^(agents|routes|claims)\//.test(key)).map(({ version }) => version)
    expect([versions.length, new Set(versions).size]).toEqual([4, 1])
    expect(front.gateway.told).toHaveLength(1)
    expect((await register(front, [{ type: 'mongodb' }])).status).toBe(200)
    expect(front.gateway.told).toHaveLength(1)
  })

  it('that cannot be made leave no agent behind', async () => {
    const front = await routesHarness()
    await front.http(await front.agent('vps-2'), { ...SHOP, agentId: 'vps-2' })
    const { subdomain, targetUrl } = SHOP
    const { status, body } = await register(front, [{ type: 'mongodb' }, { type: 'http', subdomain, targetUrl }])
    expect([status, body.code, body.details]).toEqual([
      409,
      'HOST_TAKEN',
      [expect.stringMatching(/^routes\[1\]\.subdomain: /)],
    ])
    expect((await front.call('GET', '/api/agents/vps-1', { token: ADMIN_TOKEN })).status).toBe(404)
  })
})

describe('what HAProxy refuses', () => {
  const refuse = { allowFrom: ['192.0.2.0/24'] }
  const kept = async (front: RoutesHarness) =>
    (await front.kv.list('')).entries.filter(({ key }) => /^(routes|claims|route-counts)\//.test(key))

  it('is not kept where it is new, nor is its host', async () => {
    const front = await routesHarness()
    const [first, second] = [await front.agent('vps-1'), await front.agent('vps-2')]
    front.gateway.answer = (changes) => (changes[0]?.route ? refusing('unknown keyword') : {})
    const { status, body } = await front.http(first, { ...SHOP, options: refuse })
    expect([status, body.code]).toEqual([422, 'REJECTED_BY_HAPROXY'])
    expect(body.error).toContain('unknown keyword')
    expect(await kept(front)).toEqual([])
    expect(front.gateway.told[1]).toMatchObject([{ key: 'routes/vps-1/http/shop.apps.example.com/', route: null }])
    front.gateway.answer = () => ({})
    expect((await front.http(second, { ...SHOP, agentId: 'vps-2' })).status).toBe(201)
    const audit = await front.call('GET', '/api/audit', { token: ADMIN_TOKEN })
    expect(audit.body.entries).toContainEqual(
      expect.objectContaining({ action: 'route.roll-back', outcome: 'refused', target: 'shop.apps.example.com' }),
    )
  })

  it('leaves the route as it was, under a revision that was never used', async () => {
    const front = await routesHarness()
    const token = await front.agent('vps-1')
    await front.http(token, SHOP)
    front.gateway.answer = (changes) => (changes[0]?.route?.allowFrom.length ? refusing('no') : {})
    expect((await front.http(token, { ...SHOP, options: refuse })).status).toBe(422)
    expect(await front.routesOf('vps-1', token)).toMatchObject([{ options: {}, revision: 3 }])
    expect(front.gateway.told[2]).toMatchObject([{ route: { allowFrom: [], generation: 1, revision: 3 } }])
    front.gateway.answer = () => ({})
    await front.http(token, { ...SHOP, options: refuse })
    expect(front.gateway.told[3]).toMatchObject([{ route: { generation: 4, revision: 4 } }])
  })

  it('does not undo what somebody else did meanwhile', async () => {
    const front = await routesHarness()
    const token = await front.agent('vps-1')
    front.gateway.answer = async (changes) => {
      if (changes[0]?.route?.allowFrom.length !== 1) return {}
      await front.http(token, { ...SHOP, targetUrl: 'http://203.0.113.99' })
      return refusing('no')
    }
    expect((await front.http(token, { ...SHOP, options: refuse })).status).toBe(422)
    expect(await front.routesOf('vps-1', token)).toMatchObject([{ targetUrl: 'http://203.0.113.99', revision: 2 }])
  })

  it('of many undoes all of them, the removals too', async () => {
    const front = await routesHarness()
    const token = await front.agent('vps-1')
    await front.http(token, SHOP)
    const before = await front.routesOf('vps-1', token)
    front.gateway.answer = (changes) => (changes.some(({ route }) => route?.allowFrom.length) ? refusing('no') : {})
    const upsert = [{ type: 'http', ...SHOP, subdomain: 'new', options: refuse }]
    const remove = [{ type: 'http', agentId: 'vps-1', subdomain: 'shop' }]
    expect((await bulk(front, token, { upsert, remove })).status).toBe(422)
    expect(await front.routesOf('vps-1', token)).toEqual([{ ...before[0], revision: 2 }])
    expect((await front.stored('claims/')).map(({ key }) => key)).toEqual(['claims/shop.apps.example.com'])
  })
})

describe('with its agent', () => {
  it('goes all that it has, in one commit, and its hosts wait', async () => {
    const front = await routesHarness()
    const [first] = [await front.agent('vps-1'), await front.agent('vps-2')]
    await front.http(first, SHOP)
    await front.http(first, { ...SHOP, options: { pathPrefix: '/a' } })
    await database(front, first)
    await front.call('DELETE', '/api/agents/vps-1', { token: ADMIN_TOKEN })
    expect([await front.stored('routes/'), await front.stored('route-counts/')]).toEqual([[], []])
    expect(front.gateway.told.at(-1)?.map(({ route }) => route)).toEqual([null, null, null])
    const taking = () => front.http(ADMIN_TOKEN, { ...SHOP, agentId: 'vps-2' })
    expect((await taking()).body.code).toBe('NAME_RELEASED')
    front.clock.nowMs += 86_400_000
    expect((await taking()).status).toBe(201)
  })

  it('stands still while the agent is suspended', async () => {
    const front = await routesHarness()
    const token = await front.agent('vps-1')
    await front.http(token, SHOP)
    const suspend = (suspended: boolean) =>
      front.call('PATCH', '/api/agents/vps-1', { token: ADMIN_TOKEN, body: { suspended } })
    await suspend(true)
    expect(front.gateway.told[1]).toMatchObject([{ route: { suspended: true, revision: 2, generation: 1 } }])
    expect((await front.http(token, SHOP)).body.code).toBe('AGENT_SUSPENDED')
    await front.http(ADMIN_TOKEN, { ...SHOP, subdomain: 'blog' })
    expect(front.gateway.told[2]).toMatchObject([{ route: { suspended: true } }])
    await suspend(true)
    expect(front.gateway.told).toHaveLength(3)
    await suspend(false)
    expect(front.gateway.told[3]?.map(({ route }) => route?.suspended)).toEqual([false, false])
  })
})
