import { describe, expect, it } from 'vitest'
import { ADMIN_TOKEN, type Answer } from '../harness.ts'
import { type RoutesHarness, routesHarness } from '../support/routes.ts'

const SHOP = { agentId: 'vps-1', subdomain: 'shop', targetUrl: 'http://203.0.113.7:3000' }
const OTHER = { ...SHOP, targetUrl: 'http://203.0.113.8:3000' }
const REMOVAL = { agentId: 'vps-1', type: 'http', subdomain: 'shop' }

interface Site extends RoutesHarness {
  token: string
  /** The route as it is read, with these headers. */
  read(headers?: Record<string, string>): Promise<Answer>
  put(headers: Record<string, string>, body?: object): Promise<Answer>
}

async function withRoute(): Promise<Site> {
  const front = await routesHarness()
  const token = await front.agent('vps-1')
  const { body } = await front.http(token, SHOP)
  const path = `/api/proxy/routes/${body.route.id}`
  return {
    ...front,
    token,
    read: (headers = {}) => front.call('GET', path, { token, headers }),
    put: (headers, wish = OTHER) => front.http(token, wish, headers),
  }
}

const etagOf = ({ headers }: Answer) => headers.get('etag') ?? ''

describe('a read of one resource', () => {
  it('has a tag, and is 304 for who shows it', async () => {
    const { read } = await withRoute()
    const tag = etagOf(await read())
    expect(tag).toMatch(/^"[0-9a-f]+\.1-[0-9a-f]{16}"$/)
    for (const known of [tag, `W/${tag}`, `"x", ${tag}`, '*']) {
      const again = await read({ 'if-none-match': known })
      expect([known, again.status, again.body, etagOf(again)]).toEqual([known, 304, '', tag])
    }
    expect((await read({ 'if-none-match': '"x"' })).status).toBe(200)
  })

  it('has another tag when its state is another one, which writers need not mind', async () => {
    const { read, gateway, put } = await withRoute()
    const before = etagOf(await read())
    gateway.status = async (routes) => routes.map(() => ({ status: 'degraded', reason: null, steps: [] }))
    const after = await read({ 'if-none-match': before })
    expect([after.status, after.body.route.status]).toEqual([200, 'degraded'])
    expect((await put({ 'if-match': before })).status).toBe(200)
  })

  it.each(['', 'x', '"x', 'W/x', '"a" "b"', '*, "a"', `"${'x'.repeat(5_000)}"`])('refuses the tag %s', async (tag) => {
    const { read, put } = await withRoute()
    const [reading, writing] = [await read({ 'if-none-match': tag }), await put({ 'if-match': tag })]
    expect([reading.status, writing.status, writing.body.code]).toEqual([400, 400, 'INVALID_INPUT'])
    expect(writing.body.error).toContain('if-match')
  })
})

describe('a write', () => {
  it('happens if it is still as it was read, and not twice', async () => {
    const { read, put } = await withRoute()
    const tag = etagOf(await read())
    const done = await put({ 'if-match': `"x", ${tag}` })
    expect([done.status, done.body.route.revision]).toEqual([200, 2])
    const late = await put({ 'if-match': tag }, SHOP)
    expect([late.status, late.body.code]).toEqual([412, 'PRECONDITION_FAILED'])
    expect((await read()).body.route.targetUrl).toBe(OTHER.targetUrl)
    expect((await put({ 'if-match': etagOf(done) }, SHOP)).status).toBe(200)
  })

  it('does not believe a weak tag, nor a tag of the route before', async () => {
    const { read, put, remove, token, http } = await withRoute()
    const tag = etagOf(await read())
    expect((await put({ 'if-match': `W/${tag}` })).status).toBe(412)
    await remove(token, REMOVAL)
    await http(token, SHOP)
    expect((await put({ 'if-match': tag })).status).toBe(412)
  })

  it('makes nothing for If-Match, and changes nothing for If-None-Match: *', async () => {
    const { put, remove, token } = await withRoute()
    expect((await put({ 'if-none-match': '*' })).status).toBe(412)
    await remove(token, REMOVAL)
    expect((await put({ 'if-match': '*' })).status).toBe(412)
    expect((await put({ 'if-none-match': '*' })).status).toBe(201)
    expect((await put({ 'if-match': '*' }, SHOP)).status).toBe(200)
  })

  it('lets one of many who read the same win', async () => {
    const { read, put } = await withRoute()
    const tag = etagOf(await read())
    const writers = Array.from({ length: 20 }, (_, i) =>
      put({ 'if-match': tag }, { ...SHOP, targetUrl: `http://203.0.113.7:${4_000 + i}` }),
    )
    const statuses = (await Promise.all(writers)).map(({ status }) => status)
    expect(statuses.filter((status) => status === 200)).toHaveLength(1)
    expect(statuses.filter((status) => status === 412)).toHaveLength(19)
  })

  it('removes only what was read', async () => {
    const { call, token, read, put } = await withRoute()
    const tag = etagOf(await read())
    await put({})
    const remove = (headers: Record<string, string>) => call('DELETE', '/api/proxy', { token, body: REMOVAL, headers })
    expect((await remove({ 'if-match': tag })).status).toBe(412)
    expect((await remove({ 'if-match': etagOf(await read()) })).status).toBe(200)
  })
})

describe('an agent', () => {
  it('is changed and removed only as it was read', async () => {
    const front = await routesHarness()
    await front.agent('vps-1')
    const ask = (method: string, headers = {}, body?: object) =>
      front.call(method, '/api/agents/vps-1', { token: ADMIN_TOKEN, headers, ...(body && { body }) })
    const tag = etagOf(await ask('GET'))
    expect((await ask('GET', { 'if-none-match': tag })).status).toBe(304)
    const changed = await ask('PATCH', { 'if-match': tag }, { agentName: 'The first' })
    expect(changed.status).toBe(200)
    expect((await ask('PATCH', { 'if-match': tag }, { agentName: 'The second' })).status).toBe(412)
    expect((await ask('DELETE', { 'if-match': tag })).status).toBe(412)
    for (const what of ['revoke', 'rotate-key']) {
      const path = `/api/agents/vps-1/${what}`
      const late = await front.call('POST', path, { token: ADMIN_TOKEN, headers: { 'if-match': tag } })
      expect([what, late.status]).toEqual([what, 412])
    }
    expect((await ask('GET')).body.agent.agentName).toBe('The first')
    expect((await ask('DELETE', { 'if-match': etagOf(changed) })).status).toBe(200)
    expect((await ask('DELETE', { 'if-match': tag })).status).toBe(404)
  })
})
