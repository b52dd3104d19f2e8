import { expect, it, onTestFinished } from 'vitest'
import { AppError } from '../../shared/errors.ts'
import type { Resolve } from '../../shared/targets/resolve.ts'
import { ADMIN_TOKEN, ENROLLMENT_TOKEN, type HarnessOptions, harness } from '../harness.ts'
import { readEvents } from '../support/event-reader.ts'
import { fakeGateway, refusing } from '../support/fake-gateway.ts'

const SRV = { name: 'srv1', address: '203.0.113.7', port: 8_080 }
const OWN = { ports: [3_005], addresses: () => ['10.0.0.1'], services: [{ host: '10.0.0.9', port: 2_379 }] }
const resolve: Resolve = async (name) => {
  if (name.startsWith('no')) throw new AppError('TARGET_REFUSED', `The name ${name} has no address`)
  return { addresses: ['10.1.2.3'], ttlSeconds: 60 }
}

async function frontOf(options: HarnessOptions = {}) {
  const gateway = fakeGateway()
  const front = await harness({ gateway, targets: { level: 'public', own: OWN, resolve }, ...options })
  const admin = (method: string, path: string, body?: unknown, headers = {}) =>
    front.call(method, `/api/backends${path}`, { token: ADMIN_TOKEN, headers, ...(body !== undefined && { body }) })
  const put = (body: unknown, headers = {}) => admin('PUT', '/web', body, headers)
  const { backends } = front.services
  return { ...front, gateway, admin, put, backends }
}

it('is put, read, changed and removed, under the conditions that the caller names', async () => {
  const { admin, put, gateway } = await frontOf()
  const made = await put({ servers: [SRV], hosts: ['WWW.example.org'] }, { 'if-none-match': '*' })
  expect([made.status, made.body.message]).toEqual([201, 'The backend web is set up'])
  expect(made.body.backend).toMatchObject({
    provider: 'api',
    id: 'backend:web',
    hosts: ['www.example.org'],
    revision: 1,
  })
  const same = await put({ servers: [SRV], hosts: ['www.example.org'] })
  expect([same.status, same.body.backend.revision, gateway.toldBackends.length]).toEqual([200, 1, 1])
  expect(same.body.applied.via).toBe('none')

  const read = await admin('GET', '/web')
  const etag = read.headers.get('etag') ?? ''
  const changed = await put({ servers: [SRV], balance: 'source' }, { 'if-match': etag })
  expect([changed.status, changed.body.backend.revision]).toEqual([200, 2])
  expect((await put({ servers: [] }, { 'if-match': etag })).status).toBe(412)
  expect((await admin('DELETE', '/web', {}, { 'if-match': etag })).status).toBe(412)
  expect((await admin('GET', '/web', undefined, { 'if-none-match': read.headers.get('etag') })).status).toBe(200)

  expect((await admin('DELETE', '/web', {})).status).toBe(200)
  expect((await admin('GET', '/web')).body.code).toBe('BACKEND_NOT_FOUND')
  expect((await admin('DELETE', '/web', {})).body.code).toBe('BACKEND_NOT_FOUND')
})

it('says what is wrong with a backend', async () => {
  const { put } = await frontOf()
  const wrong: [servers: object[], says: string][] = [
    [[SRV, SRV], 'body.servers[1].name: is the name of two servers: srv1'],
    [[{ ...SRV, protocol: 'h2' }], '"h2" is HTTP/2 over TLS, and tls is false: say "h2c", or tls true'],
    [[{ ...SRV, protocol: 'h2c', tls: true }], '"h2c" is HTTP/2 without TLS, and tls is true: say "h2", or tls false'],
    [[{ ...SRV, tlsVerify: 'system' }], '"system" needs TLS'],
    [[{ ...SRV, tlsVerify: 'system', tls: true }], '"system" needs a name to verify, and 203.0.113.7 is an address'],
    [
      [
        { ...SRV, check: { path: '/a' } },
        { ...SRV, name: 'srv2', check: { path: '/b' } },
      ],
      'HAProxy asks all servers',
    ],
    [
      [
        { ...SRV, check: { path: '/a' } },
        { ...SRV, name: 'srv2' },
      ],
      'HAProxy asks all servers of a backend the same',
    ],
    [[{ ...SRV, port: 0 }], 'must be a port from 1'],
    [[{ ...SRV, colour: 'red' }], 'colour'],
    [[{ ...SRV, address: 'a b' }], 'must be an IP address or a host name'],
    [[{ ...SRV, name: 'a;b' }], 'must begin with a letter or digit'],
  ]
  for (const [servers, says] of wrong) {
    const { status, body } = await put({ servers })
    expect([status, body.error]).toEqual([400, expect.stringContaining(says)])
  }
  const hosts = (...hosts: string[]) => put({ servers: [SRV], hosts })
  expect((await hosts('front.example.com')).body.error).toContain('is the name of the front’s own API')
  expect((await hosts('x.mongodb.example.com')).body.error).toContain('where databases are')
  expect((await hosts('*.example.org')).body.error).toContain('must be a whole host name')
  expect((await put({ servers: [SRV], pathPrefixes: ['//'] })).status).toBe(400)
})

it('leads to private and loopback addresses, and never to what is the front’s own', async () => {
  const { put } = await frontOf()
  const at = async (address: string, port = 80) => (await put({ servers: [{ ...SRV, address, port }] })).body
  for (const address of ['127.0.0.1', '10.1.1.1', 'localhost', 'app.internal'])
    expect((await at(address)).success).toBe(true)
  for (const [address, port] of [
    ...[['127.0.0.1', 3_005] as const, ['10.0.0.1', 3_005] as const, ['localhost', 3_005] as const],
    ...[['10.0.0.9', 2_379] as const, ['127.0.0.1', 2_379] as const, ['169.254.169.254', 80] as const],
  ])
    expect((await at(address, port)).code).toBe('TARGET_REFUSED')
  expect((await at('shop.apps.example.com')).error).toContain('is the front’s own')
})

it('stays one backend of HAProxy whatever its servers are, and is another one for what cannot change in it', async () => {
  const { put, gateway, clock } = await frontOf()
  const generation = async (settings: object) => {
    clock.nowMs += 1_000
    await put({ hosts: ['www.example.org'], ...settings })
    const value = gateway.toldBackends.at(-1)?.[0]?.value
    return value && !Array.isArray(value) ? value.generation : null
  }
  const asked = (name: string, also: object = {}) => ({ ...SRV, name, check: { path: '/health' }, ...also })
  const first = await generation({ servers: [asked('one')] })
  for (const servers of [
    [asked('one'), asked('two', { weight: 1, backup: true, state: 'drain' })],
    [asked('two', { address: '203.0.113.9', tls: true, protocol: 'h2' })],
    [asked('two', { check: { path: '/health', intervalSeconds: 7 } }), { ...SRV, name: 'three', check: false }],
    [],
    [asked('four')],
  ])
    expect(await generation({ servers })).toBe(first)
  const others = [
    await generation({ servers: [asked('four')], balance: 'source' }),
    await generation({ servers: [{ ...asked('four'), check: { path: '/other' } }], balance: 'source' }),
    await generation({ servers: [SRV], balance: 'source' }),
  ]
  expect(new Set([first, ...others]).size).toBe(4)
})

it('follows the names of servers', async () => {
  let address = '10.1.2.3'
  const moving: Resolve = async () => ({ addresses: [address], ttlSeconds: 60 })
  const { admin, put, gateway, maintain, clock } = await frontOf({
    targets: { level: 'public', own: OWN, resolve: moving },
  })
  await put({
    servers: [
      { ...SRV, address: 'app.internal' },
      { ...SRV, name: 'srv2' },
    ],
  })
  const later = async () => {
    clock.nowMs += 61_000
    await maintain()
    return (await admin('GET', '/web')).body.backend
  }
  expect((await later()).revision).toBe(1)
  address = '10.1.2.4'
  const moved = await later()
  expect([moved.revision, moved.servers[0].resolved, moved.servers[0].address]).toEqual([2, '10.1.2.4', 'app.internal'])
  expect(gateway.toldBackends.at(-1)?.[0]?.value).toMatchObject({ targets: [{ address: '10.1.2.4' }, {}], revision: 2 })
  // Where no server may be, none goes.
  address = '169.254.169.254'
  expect((await later()).revision).toBe(2)
})

it('is told of to administrators alone, as it happens', async () => {
  const { app, call, put, admin } = await frontOf()
  const body = { agentId: 'vps-1', agentKey: 'the-very-long-key-of-vps-1', targetIp: '203.0.113.7' }
  const { token } = (await call('POST', '/api/agents/register', { token: ENROLLMENT_TOKEN, body })).body
  const readAs = async (token: string) => {
    const reader = readEvents(await app.request('/api/events', { headers: { authorization: `Bearer ${token}` } }))
    onTestFinished(() => reader.close())
    return reader
  }
  const [admins, agents] = [await readAs(ADMIN_TOKEN), await readAs(token)]
  const { backend } = (await put({ servers: [SRV] })).body
  await put({ servers: [] })
  await admin('DELETE', '/web', {})
  await call('PATCH', '/api/agents/vps-1', { token, body: { agentName: 'One' } })
  await admins.until(({ name }) => name === 'agent.changed')
  await agents.until(({ name }) => name === 'agent.changed')
  const told = ({ events }: typeof admins) => events.filter(({ name }) => name.startsWith('backend.'))
  expect(told(admins).map(({ name }) => name)).toEqual(['backend.created', 'backend.changed', 'backend.removed'])
  expect(told(admins)[0]?.data).toEqual({ ...backend, status: 'pending' })
  expect(told(agents)).toEqual([])
})

it('keeps nothing that HAProxy refuses', async () => {
  const { admin, put, gateway } = await frontOf()
  await put({ servers: [SRV] })
  gateway.answer = () => refusing('no such balance')
  const { status, body } = await put({ servers: [SRV], balance: 'random' }, { prefer: 'wait=5' })
  expect([status, body.code, body.error]).toEqual([422, 'REJECTED_BY_HAPROXY', expect.stringContaining('no such')])
  const { backend } = (await admin('GET', '/web')).body
  expect([backend.balance, backend.revision]).toEqual(['roundrobin', 3])
  await admin('PUT', '/new', { servers: [SRV] })
  expect((await admin('GET', '/new')).status).toBe(404)
})

it('what a provider tells of is taken in one commit, and only the provider takes it away', async () => {
  const { admin, backends, gateway, kv } = await frontOf()
  await backends.setProviders(['docker', 'file'])
  const told = (name: string, address: string) => ({
    name,
    backend: { name, ...SETTINGS, servers: [{ ...SERVER, address }] },
  })
  const names = Array.from({ length: 20 }, (_, i) => `web-${i}`)
  const before = (await kv.list('')).revision
  const { outcomes } = await backends.apply('docker', [
    ...names.map((name) => told(name, 'app.internal')),
    told('bad', 'nowhere.internal'),
  ])
  expect((await kv.list('')).revision).toBe(before + 1)
  expect(outcomes.filter(({ error }) => error !== null).map(({ name }) => name)).toEqual(['bad'])
  expect((await backends.of('docker')).map(({ name }) => name)).toEqual(names.toSorted())
  expect(gateway.toldBackends.at(-1)).toHaveLength(20)

  const again = await backends.apply('docker', [told('web-1', 'app.internal')])
  expect([again.applied.via, (await kv.list('')).revision]).toEqual(['none', before + 1])
  const refused = await admin('DELETE', '/web-1', {})
  expect([refused.status, refused.body.error]).toEqual([
    ...[409, 'The backend web-1 comes from the provider docker: take it away there'],
  ])
  const first = await admin('GET', '?limit=15')
  const second = await admin('GET', `?limit=15&cursor=${first.body.cursor}`)
  expect([first.body.backends.length, second.body.backends.length, second.body.cursor]).toEqual([15, 5, null])

  await backends.apply('docker', [{ name: 'web-1', backend: null }])
  expect((await admin('GET', '/web-1')).status).toBe(404)
  await backends.setProviders(['file'])
  expect(await backends.of('docker')).toEqual([])
  expect((await kv.list('backend-host')).entries).toEqual([])
})

it('a host that a backend names is taken for agents, and free when it goes', async () => {
  const { call, admin, backends } = await frontOf()
  const body = { agentId: 'vps-1', agentKey: 'the-very-long-key-of-vps-1', targetIp: '203.0.113.7' }
  const { token } = (await call('POST', '/api/agents/register', { token: ENROLLMENT_TOKEN, body })).body
  const routeAt = (...subdomains: string[]) =>
    call('POST', '/api/proxy/bulk', {
      token,
      body: { upsert: subdomains.map((subdomain) => ({ type: 'http', subdomain, targetUrl: 'http://203.0.113.7' })) },
    })
  await admin('PUT', '/web', { servers: [SRV], hosts: ['shop.apps.example.com'] })
  await backends.apply('file', [
    { name: 'other', backend: { name: 'other', ...SETTINGS, hosts: ['shop.apps.example.com'] } },
  ])
  const many = Array.from({ length: 12 }, (_, i) => `app-${i}`)
  for (const subdomains of [['shop'], [...many, 'shop']]) {
    const { status, body } = await routeAt(...subdomains)
    expect([status, body.code]).toEqual([409, 'HOST_TAKEN'])
  }
  expect((await routeAt(...many)).status).toBe(200)
  await admin('DELETE', '/web', {})
  expect((await routeAt('shop')).body.code).toBe('HOST_TAKEN')
  await backends.apply('file', [{ name: 'other', backend: null }])
  expect((await routeAt('shop')).status).toBe(200)
})

const SERVER = {
  ...{ ...SRV, weight: 100, tls: false, protocol: 'auto' as const, check: true, backup: false },
  state: 'ready' as const,
}
const SETTINGS = { servers: [SERVER], hosts: [], pathPrefixes: [], balance: 'roundrobin' as const, default: false }
