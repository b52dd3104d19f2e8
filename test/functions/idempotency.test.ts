import { describe, expect, it, vi } from 'vitest'
import { memoryKv } from '../../shared/kv/memory.ts'
import { ADMIN_TOKEN, type Answer, ENROLLMENT_TOKEN, harness } from '../harness.ts'
import { refusing } from '../support/fake-gateway.ts'
import { keyOf, type RoutesHarness, routesHarness } from '../support/routes.ts'

const SHOP = { agentId: 'vps-1', subdomain: 'shop', targetUrl: 'http://203.0.113.7:3000' }
const KEY = { 'idempotency-key': 'a-key-of-this-test' }
const DAY_MS = 86_400_000

const said = ({ status, body, headers }: Answer) => [status, body, headers.get('etag'), headers.get('content-type')]

async function withAgent(): Promise<RoutesHarness & { token: string }> {
  const front = await routesHarness()
  return { ...front, token: await front.agent('vps-1') }
}

describe('the same key with the same request', () => {
  it('gives the same answer, and does nothing', async () => {
    const { http, token, gateway, remove } = await withAgent()
    const first = await http(token, SHOP, KEY)
    expect(first.status).toBe(201)
    await remove(token, { agentId: 'vps-1', type: 'http', subdomain: 'shop' })
    const told = gateway.told.length
    const second = await http(token, SHOP, KEY)
    expect(said(second)).toEqual(said(first))
    expect(second.headers.get('idempotency-replayed')).toBe('true')
    expect(first.headers.get('idempotency-replayed')).toBeNull()
    expect(second.headers.get('x-request-id')).not.toBe(first.headers.get('x-request-id'))
    expect(gateway.told).toHaveLength(told)
  })

  it('holds for every kind of write', async () => {
    const front = await withAgent()
    const path = '/api/agents/vps-1'
    const admin = { token: ADMIN_TOKEN }
    const writes: [string, string, object?][] = [
      ['PATCH', path, { agentName: 'The first' }],
      ['POST', '/api/tokens', { kind: 'read-only' }],
      ['POST', `${path}/rotate-key`],
      ['POST', `${path}/revoke`],
      ['DELETE', path],
      ['DELETE', path, {}],
    ]
    for (const [i, [method, where, body]] of writes.entries()) {
      const options = { ...admin, headers: { 'idempotency-key': `key-${i}` }, ...(body && { body }) }
      const [first, second] = [await front.call(method, where, options), await front.call(method, where, options)]
      expect([method, where, said(second)]).toEqual([method, where, said(first)])
    }
  })

  it('repeats refusals too', async () => {
    const front = await withAgent()
    const other = await front.agent('vps-2')
    await front.http(other, { ...SHOP, agentId: 'vps-2' })
    const first = await front.http(front.token, SHOP, KEY)
    await front.remove(other, { agentId: 'vps-2', type: 'http', subdomain: 'shop' })
    front.clock.nowMs += DAY_MS / 2
    const { token } = (await front.call('POST', '/api/agents/authenticate', { body: keys('vps-1') })).body
    expect([first.status, said(await front.http(token, SHOP, KEY))]).toEqual([409, said(first)])
  })

  it('is another one where another token of the same name sends it', async () => {
    const front = await withAgent()
    const make = async () =>
      (await front.call('POST', '/api/tokens', { token: ADMIN_TOKEN, body: { kind: 'admin', name: 'ops' } })).body.token
    const body = { kind: 'read-only' }
    const made = [await make(), await make()].map((token) =>
      front.call('POST', '/api/tokens', { token, headers: KEY, body }),
    )
    const [one, other] = await Promise.all(made)
    expect([one?.status, other?.status]).toEqual([201, 201])
    expect(one?.body.token).not.toBe(other?.body.token)
  })

  it('is done once, however many come at once', async () => {
    const front = await withAgent()
    const answers = await Promise.all(Array.from({ length: 10 }, () => front.http(front.token, SHOP, KEY)))
    expect(new Set(answers.map((answer) => JSON.stringify(said(answer)))).size).toBe(1)
    expect(front.gateway.told).toHaveLength(1)
  })

  it('is forgotten after a day', async () => {
    const { clock, kv } = timedStore()
    const front = await routesHarness({ kv, now: () => clock.nowMs })
    await front.http(await front.agent('vps-1'), SHOP, KEY)
    clock.nowMs += DAY_MS + 1_000
    const { token } = (await front.call('POST', '/api/agents/authenticate', { body: keys('vps-1') })).body
    expect((await front.http(token, SHOP, KEY)).status).toBe(200)
    expect(await front.stored('idempotency/')).toHaveLength(1)
  })

  it('does not keep what may be otherwise in a moment', async () => {
    const front = await withAgent()
    const commit = vi.spyOn(front.services.routes, 'put').mockRejectedValueOnce(new Error('out of luck'))
    expect((await front.http(front.token, SHOP, KEY)).status).toBe(500)
    commit.mockRestore()
    expect((await front.http(front.token, SHOP, KEY)).status).toBe(201)
  })

  it('keeps what HAProxy refused', async () => {
    const front = await withAgent()
    front.gateway.answer = () => refusing('no such thing')
    expect((await front.http(front.token, SHOP, KEY)).status).toBe(422)
    front.gateway.answer = () => ({})
    expect((await front.http(front.token, SHOP, KEY)).body.code).toBe('REJECTED_BY_HAPROXY')
  })
})

describe('another request', () => {
  it.each([
    ['with other fields', { targetUrl: 'http://203.0.113.7:3001' }, {}],
    ['under another condition', {}, { 'if-match': '*' }],
  ])('%s under the same key is refused', async (_, fields, headers) => {
    const { http, token } = await withAgent()
    await http(token, SHOP, KEY)
    const { status, body } = await http(token, { ...SHOP, ...fields }, { ...KEY, ...headers })
    expect([status, body.code]).toEqual([422, 'IDEMPOTENCY_KEY_REUSED'])
  })

  it('elsewhere under the same key is refused', async () => {
    const { http, token, call } = await withAgent()
    await http(token, SHOP, KEY)
    expect((await call('PATCH', '/api/agents/vps-1', { token, body: SHOP, headers: KEY })).status).toBe(422)
  })

  it('of somebody else has keys of its own', async () => {
    const front = await withAgent()
    await front.http(front.token, SHOP, KEY)
    const token = await front.agent('vps-2')
    const wish = { ...SHOP, agentId: 'vps-2', subdomain: 'other' }
    expect((await front.http(token, wish, KEY)).status).toBe(201)
    expect((await front.http(ADMIN_TOKEN, SHOP, KEY)).status).toBe(200)
  })
})

describe('credentials in the body', () => {
  it('are not what makes a request another one', async () => {
    const { call, http, token } = await withAgent()
    const body = { ...SHOP, ...keys('vps-1') }
    const first = await call('POST', '/api/proxy/http', { body, headers: KEY })
    expect([first.status, said(await http(token, SHOP, KEY))]).toEqual([201, said(first)])
  })

  it('make a registration somebody’s own', async () => {
    const front = await harness()
    const register = (fields: object, token?: string) =>
      front.call('POST', '/api/agents/register', {
        ...(token && { token }),
        body: { ...keys('vps-1'), targetIp: '203.0.113.7', ...fields },
        headers: KEY,
      })
    const first = await register({}, ENROLLMENT_TOKEN)
    expect([first.status, said(await register({}, ENROLLMENT_TOKEN))]).toEqual([201, said(first)])
    expect((await register({ targetIp: '203.0.113.8' }, ENROLLMENT_TOKEN)).status).toBe(422)
    expect((await register({ agentKey: 'another-key-of-somebody' })).status).toBe(401)
    expect((await register({})).status).toBe(200)
  })

  it('of a stranger leave nothing in the store', async () => {
    const front = await routesHarness()
    for (const path of ['/api/agents/register', '/api/agents/authenticate']) {
      await front.call('POST', path, { body: { ...keys('vps-1'), targetIp: '203.0.113.7' }, headers: KEY })
    }
    await front.call('POST', '/api/proxy/http', { body: { ...SHOP, ...keys('vps-1') }, headers: KEY })
    expect(await front.stored('idempotency/')).toEqual([])
  })
})

it('keeps no key, token or body readable in the store', async () => {
  const front = await withAgent()
  const { body } = await front.call('POST', '/api/agents/vps-1/rotate-key', {
    body: keys('vps-1'),
    headers: KEY,
  })
  expect(body.agentKey).toMatch(/^clk_/)
  const text = JSON.stringify(await front.stored('idempotency/'))
  expect(text.length).toBeGreaterThan(100)
  for (const secret of [body.agentKey, body.token, keyOf('vps-1'), 'vps-1', KEY['idempotency-key']]) {
    expect(text).not.toContain(secret)
  }
})

it('keeps a large answer in little room', async () => {
  const front = await routesHarness()
  const routes = Array.from({ length: 1_000 }, (_, i) => ({
    type: 'http',
    subdomain: `site-${i}`,
    targetUrl: SHOP.targetUrl,
  }))
  const register = () =>
    front.call('POST', '/api/agents/register', {
      token: ENROLLMENT_TOKEN,
      body: { ...keys('vps-1'), targetIp: '203.0.113.7', routes },
      headers: KEY,
    })
  const first = await register()
  expect([first.status, first.body.routes.length]).toEqual([201, 1_000])
  expect(said(await register())).toEqual(said(first))
  expect(JSON.stringify(await front.stored('idempotency/')).length).toBeLessThan(200_000)
})

it.each(['', ' ', 'a b', 'a,b c', 'x'.repeat(256), 'ä'])('refuses the key %j', async (key) => {
  const { http, token } = await withAgent()
  const { status, body } = await http(token, SHOP, { 'idempotency-key': key })
  expect([status, body.code]).toEqual([400, 'INVALID_INPUT'])
})

it('costs the store nothing without a key', async () => {
  const front = await withAgent()
  await front.http(front.token, SHOP)
  await front.call('GET', '/api/proxy/agents/vps-1', { token: front.token, headers: KEY })
  expect(await front.stored('idempotency/')).toEqual([])
})

describe('several fronts over one store', () => {
  it('give the same answer, and the one waits for the other', async () => {
    const kv = memoryKv()
    const one = await routesHarness({ kv })
    const other = await routesHarness({ kv })
    const token = await one.agent('vps-1')
    const { promise, resolve } = Promise.withResolvers<object>()
    one.gateway.answer = () => promise
    const first = one.http(token, SHOP, KEY)
    await vi.waitFor(() => expect(one.gateway.told).toHaveLength(1))
    const second = other.http(token, SHOP, KEY)
    resolve({})
    expect(said(await second)).toEqual(said(await first))
    expect(other.gateway.told).toEqual([])
  })

  it('leave a key to others when the first one died in the middle', async () => {
    const { clock, kv } = timedStore()
    const one = await routesHarness({ kv })
    const token = await one.agent('vps-1')
    one.gateway.answer = () => new Promise(() => undefined)
    void one.http(token, SHOP, KEY)
    await vi.waitFor(() => expect(one.gateway.told).toHaveLength(1))
    const other = await routesHarness({ kv })
    clock.nowMs += 16_000
    const { status } = await other.http(token, SHOP, KEY)
    expect(status).toBe(200)
  })

  it('tell who waits too long to try again', async () => {
    const { services, kv } = await harness()
    const call = { scope: 'a', key: 'b', request: 'c', isReserved: true }
    await services.keptAnswers.begin(call)
    const { createKeptAnswers } = await import('../../shared/idempotency/kept-answers.ts')
    const hash = async (_: string, text: string) => text.replaceAll('\n', '')
    const vault = { seal: async () => '', open: async () => new Uint8Array() }
    const impatient = createKeptAnswers({ kv, hash, vault, patienceMs: 20 })
    await impatient.begin(call)
    await expect(impatient.begin(call)).rejects.toMatchObject({
      code: 'IDEMPOTENCY_IN_PROGRESS',
      headers: { 'retry-after': '5' },
    })
  })
})

/** Whose entries expire by a clock of the test's. */
function timedStore() {
  const clock = { nowMs: Date.parse('2030-01-01T00:00:00Z') }
  return { clock, kv: memoryKv({ now: () => clock.nowMs }) }
}

function keys(agentId: string) {
  return { agentId, agentKey: keyOf(agentId) }
}
