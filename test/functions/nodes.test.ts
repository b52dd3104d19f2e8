import { expect, it, onTestFinished, vi } from 'vitest'
import { parseConfig } from '../../functions/config.ts'
import { openGateway } from '../../functions/open-gateway.ts'
import type { GatewayParts } from '../../functions/services.ts'
import { createDataPlane } from '../../shared/dataplane/client.ts'
import type { RunningGateway } from '../../shared/gateway/create-gateway.ts'
import { listAll } from '../../shared/kv/list-all.ts'
import { memoryKv } from '../../shared/kv/memory.ts'
import { noNames } from '../../shared/targets/resolve.ts'
import { ADMIN_TOKEN, ENROLLMENT_TOKEN, type HarnessOptions, harness } from '../harness.ts'
import { certPem, keyPem, newAuthority } from '../pki/support.ts'

const PASSWORD = 'a-password-of-a-node'
const URL_OF_NODE = `https://driver:${PASSWORD}@10.0.0.7:5555`
const OWN = { ports: [3_005, 8_080], addresses: () => ['10.0.0.1'], services: [] }

/** A front whose data planes never answer. */
async function frontOf(options: HarnessOptions = {}) {
  let gateway: RunningGateway | undefined
  const connected: { url: string; username: string; password: string; ca: string | null }[] = []
  const dead = (address: { url: string; username: string; password: string }) =>
    createDataPlane({
      ...address,
      fetch: () => Promise.reject(new Error('connect ECONNREFUSED')),
      sleep: async () => {},
    })
  const front = await harness({
    targets: { level: 'loopback', own: OWN, resolve: noNames },
    gateway: (parts: GatewayParts) => {
      const configured = [{ name: 'local', dataPlane: dead({ url: 'http://in-process', username: '', password: '' }) }]
      const connect = (address: (typeof connected)[number]) => {
        connected.push(address)
        return { dataPlane: dead(address), close: () => undefined }
      }
      gateway = openGateway(parseConfig({}), { base: '', configured, connect }, parts)
      return gateway
    },
    ...options,
  })
  onTestFinished(() => gateway?.stop())
  await gateway?.load()
  await gateway?.start()
  const call = (method: string, path: string, body?: unknown) =>
    front.call(method, path, { token: ADMIN_TOKEN, ...(method !== 'GET' && { body: body ?? {} }) })
  const names = async () => ((await call('GET', '/api/nodes')).body.nodes as { name: string }[]).map(({ name }) => name)
  return { ...front, admin: call, names, connected }
}

it('adds a node, changes it, shows it, and leaves it alone again', async () => {
  const { admin, names, connected } = await frontOf()
  const added = await admin('PUT', '/api/nodes/berlin', { url: URL_OF_NODE })
  expect(added.status).toBe(202)
  expect(added.body).toMatchObject({
    success: true,
    message: expect.stringMatching(/^The node berlin is added, and cannot be reached yet: .*10\.0\.0\.7:5555/),
    node: { name: 'berlin', configured: false, url: 'https://10.0.0.7:5555', reachable: false },
  })
  expect(await names()).toEqual(['local', 'berlin'])
  expect(connected).toEqual([{ url: 'https://10.0.0.7:5555', username: 'driver', password: PASSWORD, ca: null }])

  const same = await admin('PUT', '/api/nodes/berlin', { url: URL_OF_NODE })
  expect(same.body.message).toContain('is as it was')
  expect(connected).toHaveLength(1)
  const moved = await admin('PUT', '/api/nodes/berlin', { url: URL_OF_NODE.replace('10.0.0.7', '10.0.0.8') })
  expect(moved.body.message).toContain('is changed')
  expect((await admin('GET', '/api/nodes/berlin')).body.node).toMatchObject({ url: 'https://10.0.0.8:5555' })

  const removed = await admin('DELETE', '/api/nodes/berlin')
  expect([removed.status, removed.body.message]).toEqual([
    200,
    expect.stringContaining('Its HAProxy keeps what it has and goes on serving it'),
  ])
  expect(await names()).toEqual(['local'])
  for (const [method, path] of [
    ['GET', '/api/nodes/berlin'],
    ['DELETE', '/api/nodes/berlin'],
    ['POST', '/api/nodes/berlin/reconcile'],
  ] as const)
    expect((await admin(method, path)).body).toMatchObject({ success: false, code: 'NODE_NOT_FOUND' })
})

it('keeps user and password sealed, and shows them nowhere', async () => {
  const { admin, kv, logged } = await frontOf()
  await admin('PUT', '/api/nodes/berlin', { url: URL_OF_NODE })
  const kept: unknown[] = []
  for await (const entry of listAll(kv, '')) kept.push(entry)
  const shown = [
    kept,
    logged,
    (await admin('GET', '/api/nodes')).body,
    (await admin('GET', '/api/nodes/berlin')).body,
    (await admin('GET', '/api/audit')).body,
  ]
  expect(JSON.stringify(shown)).not.toMatch(/driver|a-password/)
  const { entries } = (await admin('GET', '/api/audit')).body as { entries: { action: string; details: object }[] }
  expect(entries[0]).toMatchObject({ action: 'node.put', target: 'berlin', details: { url: 'https://10.0.0.7:5555' } })
})

it.each([
  ['an address without a password’s user', 'https://10.0.0.7:5555', /user:password@/],
  ['plain HTTP over the internet', 'http://a:b@203.0.113.7:5555', /https/],
  ['another protocol', 'ftp://a:b@10.0.0.7', /no http or https URL/],
  ['a query', 'https://a:b@10.0.0.7:5555/?x=1', /query/],
])('refuses %s, without repeating it', async (_, url, sentence) => {
  const { admin, names } = await frontOf()
  const { status, body } = await admin('PUT', '/api/nodes/berlin', { url })
  expect([status, body.error]).toEqual([400, expect.stringMatching(sentence)])
  expect(body.error).not.toContain('10.0.0.7')
  expect(await names()).toEqual(['local'])
})

it('takes the CA of a node as PEM, and nothing else for one', async () => {
  const { admin, connected } = await frontOf()
  const { certificate, privateKey } = await newAuthority()
  const [cert, key] = [certPem(certificate), await keyPem(privateKey)]
  for (const ca of ['no PEM at all', cert + key]) {
    expect((await admin('PUT', '/api/nodes/berlin', { url: URL_OF_NODE, ca })).status).toBe(400)
  }
  expect((await admin('PUT', '/api/nodes/berlin', { url: URL_OF_NODE, ca: cert })).status).toBe(202)
  expect(connected.at(-1)).toMatchObject({ ca: cert })
  const { admin: worker } = await frontOf({ lacks: { 'node-ca': 'fetch takes no CA' } })
  expect((await worker('PUT', '/api/nodes/berlin', { url: URL_OF_NODE, ca: cert })).body).toEqual({
    success: false,
    error: 'fetch takes no CA',
    code: 'NOT_SUPPORTED',
  })
})

it('lets nobody change or remove what the settings name, and no two nodes have one address', async () => {
  const { admin, names } = await frontOf()
  for (const [method, body] of [
    ['PUT', { url: URL_OF_NODE }],
    ['DELETE', {}],
  ] as const)
    expect([method, await admin(method, '/api/nodes/local', body)]).toMatchObject([
      method,
      { status: 409, body: { code: 'NODE_IS_CONFIGURED' } },
    ])
  await admin('PUT', '/api/nodes/berlin', { url: URL_OF_NODE })
  const twice = await admin('PUT', '/api/nodes/paris', { url: URL_OF_NODE })
  expect([twice.status, twice.body.code]).toEqual([409, 'NODE_EXISTS'])
  expect(await names()).toEqual(['local', 'berlin'])
})

it('is told to all fronts that share the store', async () => {
  const kv = memoryKv()
  onTestFinished(() => kv.close())
  const [one, other] = [await frontOf({ kv }), await frontOf({ kv })]
  await one.admin('PUT', '/api/nodes/berlin', { url: URL_OF_NODE })
  await vi.waitFor(async () => expect(await other.names()).toEqual(['local', 'berlin']))
  await other.admin('DELETE', '/api/nodes/berlin')
  await vi.waitFor(async () => expect(await one.names()).toEqual(['local']))
})

it('is no target, nor is this machine once there is a node, which nobody joins without a token any more', async () => {
  const { call, admin } = await frontOf({ isOpenTo: () => true })
  const agent = { agentId: 'vps-1', agentKey: 'a-key-of-the-first-agent' }
  const register = (agentId: string, token?: string) =>
    call('POST', '/api/agents/register', {
      body: { ...agent, agentId, targetIp: '127.0.0.1' },
      ...(token && { token }),
    })
  const put = async (targetUrl: string) =>
    (await call('POST', '/api/proxy/http', { body: { ...agent, subdomain: 'shop', targetUrl } })).body

  expect((await register('vps-1')).status).toBe(201)
  for (const target of ['http://127.0.0.1:3000', 'http://10.0.0.7:5555', 'http://10.0.0.7:8080'])
    expect(await put(target)).toMatchObject({ success: true })

  await admin('PUT', '/api/nodes/berlin', { url: URL_OF_NODE })
  for (const target of ['http://127.0.0.1:3000', 'http://10.0.0.7:5555', 'http://10.0.0.7:8080'])
    expect([target, await put(target)]).toMatchObject([target, { code: 'TARGET_REFUSED' }])
  expect(await put('http://10.0.0.7:3000')).toMatchObject({ success: true })
  expect((await register('vps-2')).body).toMatchObject({ code: 'UNAUTHORIZED' })
  expect((await register('vps-2', ENROLLMENT_TOKEN)).status).toBe(201)

  await admin('DELETE', '/api/nodes/berlin')
  expect(await put('http://127.0.0.1:3000')).toMatchObject({ success: true })
  expect((await register('vps-3')).status).toBe(201)
})

it('changes a node only as it was read', async () => {
  const { call } = await frontOf()
  const ask = (method: string, headers: Record<string, string> = {}, body?: object) =>
    call(method, '/api/nodes/berlin', { token: ADMIN_TOKEN, headers, ...(body && { body }) })
  expect((await ask('PUT', { 'if-match': '*' }, { url: URL_OF_NODE })).status).toBe(412)
  expect((await ask('PUT', { 'if-none-match': '*' }, { url: URL_OF_NODE })).status).toBe(202)
  expect((await ask('PUT', { 'if-none-match': '*' }, { url: URL_OF_NODE })).status).toBe(412)
  const tag = (await ask('GET')).headers.get('etag') ?? ''
  const moved = { url: URL_OF_NODE.replace('10.0.0.7', '10.0.0.8') }
  expect((await ask('PUT', { 'if-match': tag }, moved)).status).toBe(202)
  expect((await ask('PUT', { 'if-match': tag }, { url: URL_OF_NODE })).status).toBe(412)
  expect((await ask('DELETE', { 'if-match': tag })).status).toBe(412)
  const now = (await ask('GET')).headers.get('etag') ?? ''
  expect((await ask('DELETE', { 'if-match': now })).status).toBe(200)
})
