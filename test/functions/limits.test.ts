import { describe, expect, it } from 'vitest'
import { ADMIN_TOKEN, SETTINGS } from '../harness.ts'
import { keyOf, routesHarness } from '../support/routes.ts'

const MIB = 1024 * 1024
const SHOP = { agentId: 'vps-1', subdomain: 'shop', targetUrl: 'http://203.0.113.7:3000' }

describe('an agent that writes too much', () => {
  it('is told when to go on, and nobody else is', async () => {
    const front = await routesHarness({ settings: { ...SETTINGS, agentWritesPerMinute: 3 } })
    const [token, other] = [await front.agent('vps-1'), await front.agent('vps-2')]
    for (let i = 0; i < 3; i++) expect((await front.http(token, SHOP)).status).toBeLessThan(300)
    const refused = await front.http(token, SHOP)
    expect([refused.status, refused.body.code]).toEqual([429, 'TOO_MANY_REQUESTS'])
    const waitSeconds = Number(refused.headers.get('retry-after'))
    expect(waitSeconds).toBeGreaterThan(0)
    const body = { agentId: 'vps-1', agentKey: keyOf('vps-1'), agentName: 'x' }
    expect((await front.call('PATCH', '/api/agents/vps-1', { body })).status).toBe(429)
    const again = { agentId: 'vps-1', agentKey: keyOf('vps-1'), targetIp: '203.0.113.7' }
    expect((await front.call('POST', '/api/agents/register', { body: again })).status).toBe(429)
    expect((await front.call('GET', '/api/proxy/agents/vps-1', { token })).status).toBe(200)
    expect((await front.http(other, { ...SHOP, agentId: 'vps-2', subdomain: 'x' })).status).toBe(201)
    for (let i = 0; i < 5; i++) expect((await front.http(ADMIN_TOKEN, SHOP)).status).toBe(200)
    front.clock.nowMs += waitSeconds * 1_000
    expect((await front.http(token, SHOP)).status).toBe(200)
  })

  it('is not let at others by it', async () => {
    const front = await routesHarness({ settings: { ...SETTINGS, agentWritesPerMinute: 1 } })
    const [token] = [await front.agent('vps-1'), await front.agent('vps-2')]
    for (let i = 0; i < 3; i++) expect((await front.http(token, { ...SHOP, agentId: 'vps-2' })).status).toBe(403)
    expect((await front.http(token, SHOP)).status).toBe(201)
  })
})

describe('a large body', () => {
  /** A body of this length, and how much of it was taken. */
  const longBody = (bytes: number) => {
    const taken = { bytes: 0 }
    const body = new ReadableStream<Uint8Array>({
      pull(controller) {
        if (taken.bytes >= bytes) return controller.close()
        controller.enqueue(new Uint8Array(64 * 1024).fill(0x20))
        taken.bytes += 64 * 1024
      },
    })
    return { taken, body }
  }
  const post = async (path: string, bytes: number, headers: Record<string, string> = {}) => {
    const { app, agent } = await routesHarness()
    const token = await agent('vps-1')
    const { taken, body } = longBody(bytes)
    const authorization = headers.authorization === 'of the agent' ? { authorization: `Bearer ${token}` } : {}
    const init = { method: 'POST', body, duplex: 'half' } as RequestInit
    const all = { 'content-type': 'application/json', 'content-length': String(bytes), ...headers, ...authorization }
    const response = await app.request(path, { ...init, headers: all })
    return { status: response.status, error: ((await response.json()) as { error: string }).error, taken }
  }

  it('is not looked at before it is known whose it is', async () => {
    const { status, taken } = await post('/api/proxy/bulk', 15 * MIB, { authorization: 'Bearer of-nobody' })
    expect(status).toBe(401)
    expect(taken.bytes).toBeLessThan(MIB)
  })

  it('needs its credentials in a header', async () => {
    const { status, error, taken } = await post('/api/proxy/bulk', 15 * MIB)
    expect([status, error]).toEqual([413, expect.stringContaining('authorization header')])
    expect(taken.bytes).toBeLessThan(MIB)
  })

  it('is taken from who is known, up to 16 MiB, where many things are sent at once', async () => {
    expect((await post('/api/proxy/bulk', 15 * MIB, { authorization: 'of the agent' })).status).toBe(400)
    expect((await post('/api/proxy/bulk', 17 * MIB, { authorization: 'of the agent' })).status).toBe(413)
    expect((await post('/api/proxy/http', 2 * MIB, { authorization: 'of the agent' })).status).toBe(413)
  })

  it.each([
    ['values', `[${'0,'.repeat(1_100_000)}0]`],
    ['names in one object', `{${Array.from({ length: 10_001 }, (_, i) => `"k${i}":1`).join()}}`],
  ])('with more %s than anybody means is refused', async (what, text) => {
    const front = await routesHarness()
    const token = await front.agent('vps-1')
    const { status, body } = await front.call('POST', '/api/proxy/bulk', { token, body: text })
    expect([status, body.code, body.error]).toEqual([400, 'MALFORMED_JSON', expect.stringContaining(what)])
  })
})
