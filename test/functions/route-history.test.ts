import { describe, expect, it } from 'vitest'
import { memoryKv } from '../../shared/kv/memory.ts'
import { noNames } from '../../shared/targets/resolve.ts'
import { ADMIN_TOKEN, type Answer } from '../harness.ts'
import { refusing } from '../support/fake-gateway.ts'
import { type RoutesHarness, routesHarness } from '../support/routes.ts'

const SHOP = { agentId: 'vps-1', subdomain: 'shop' }
const OWN = { ports: [], addresses: () => [], services: [] }
const at = (port: number) => `http://203.0.113.7:${port}`

interface Site extends RoutesHarness {
  token: string
  id: string
  put(port: number, options?: object, token?: string): Promise<Answer>
  history(query?: string, token?: string): Promise<Answer>
  rollback(revision: unknown, headers?: Record<string, string>): Promise<Answer>
}

async function withRoute(options: object = {}): Promise<Site> {
  const front = await routesHarness()
  const token = await front.agent('vps-1')
  const put: Site['put'] = (port, wishes = {}, as = token) =>
    front.http(as, { ...SHOP, targetUrl: at(port), options: wishes })
  const { id } = (await put(3_000, options)).body.route
  const path = `/api/proxy/routes/${id}`
  return {
    ...front,
    token,
    id,
    put,
    history: (query = '', as = token) => front.call('GET', `${path}/history${query}`, { token: as }),
    rollback: (revision, headers = {}) =>
      front.call('POST', `${path}/rollback`, { token, headers, body: { revision } }),
  }
}

describe('the history of a route', () => {
  it('says what was asked, by whom, and when, newest first', async () => {
    const { put, history, clock, call, id } = await withRoute()
    clock.nowMs += 60_000
    await put(3_001, { check: false }, ADMIN_TOKEN)
    await put(3_001, { check: false })
    await call('PATCH', '/api/agents/vps-1', { token: ADMIN_TOKEN, body: { suspended: true } })
    expect((await history('', ADMIN_TOKEN)).body).toEqual({
      success: true,
      id,
      cursor: null,
      history: [
        {
          revision: 3,
          at: '2030-01-01T00:01:00.000Z',
          by: expect.stringMatching(/^admin /),
          targetUrl: at(3_001),
          options: { check: false },
          suspended: true,
        },
        {
          revision: 2,
          at: '2030-01-01T00:01:00.000Z',
          by: expect.stringMatching(/^admin /),
          targetUrl: at(3_001),
          options: { check: false },
        },
        { revision: 1, at: '2030-01-01T00:00:00.000Z', by: 'agent vps-1', targetUrl: at(3_000), options: {} },
      ],
    })
  })

  it('is written in the commit of the change, and costs a new route nothing', async () => {
    const { put, kv, stored } = await withRoute()
    expect(await stored('route-history/')).toEqual([])
    const { revision } = await kv.list('')
    await put(3_001)
    expect([(await kv.list('')).revision, (await stored('route-history/')).length]).toEqual([revision + 1, 1])
  })

  it('comes in pages, and keeps the newest fifty', async () => {
    const { put, history, stored } = await withRoute()
    for (let port = 3_001; port < 3_060; port++) await put(port)
    expect(await stored('route-history/')).toHaveLength(49)
    const revisions: number[] = []
    for (let cursor: string | null = ''; cursor !== null; ) {
      const { body } = await history(`?limit=7&cursor=${cursor}`)
      revisions.push(...body.history.map((each: { revision: number }) => each.revision))
      cursor = body.cursor
    }
    expect(revisions).toEqual(Array.from({ length: 50 }, (_, i) => 60 - i))
    expect((await history('?limit=1')).body.history[0].revision).toBe(60)
  })

  it('goes with the route, and does not come back with the next one', async () => {
    const { put, history, remove, token, stored, call } = await withRoute()
    for (const port of [3_001, 3_002, 3_003]) await put(port)
    await remove(token, { ...SHOP, type: 'http' })
    expect([await stored('route-history/'), (await history()).status]).toEqual([[], 404])
    const { body } = await put(3_004)
    const path = `/api/proxy/routes/${body.route.id}`
    expect((await call('GET', `${path}/history`, { token })).body.history).toHaveLength(1)
    await put(3_005)
    await call('DELETE', '/api/agents/vps-1', { token: ADMIN_TOKEN })
    expect(await stored('route-history/')).toEqual([])
  })

  it('is nobody else’s business', async () => {
    const { agent, history, call, id } = await withRoute()
    const other = await agent('vps-2')
    expect((await history('', other)).status).toBe(403)
    const body = { revision: 1 }
    expect((await call('POST', `/api/proxy/routes/${id}/rollback`, { token: other, body })).status).toBe(403)
  })

  it('tells what HAProxy refused, and that the front took it back', async () => {
    const { put, history, gateway } = await withRoute()
    gateway.answer = (changes) => (changes.some(({ route }) => route?.revision === 2) ? refusing('no') : {})
    expect((await put(3_001)).status).toBe(422)
    const { body } = await history()
    expect(body.history.map((each: Record<string, unknown>) => [each.revision, each.by, each.targetUrl])).toEqual([
      [3, 'front', at(3_000)],
      [2, 'agent vps-1', at(3_001)],
      [1, 'agent vps-1', at(3_000)],
    ])
  })

  it('holds no password', async () => {
    const { put, history, stored } = await withRoute({
      basicAuth: { users: [{ user: 'anna', password: 'a-long-password' }] },
    })
    await put(3_001)
    const text = JSON.stringify([(await history()).body, await stored('route-history/')])
    expect(text).toContain('anna')
    expect(text).not.toContain('a-long-password')
    expect(JSON.stringify((await history()).body)).not.toMatch(/digest/i)
  })
})

describe('a rollback', () => {
  it('makes the route say again what it said', async () => {
    const options = {
      check: { path: '/up' },
      servers: [{ url: at(3_009), weight: 7, backup: true }],
      balance: 'leastconn',
      basicAuth: { users: [{ user: 'anna', password: 'a-long-password' }], realm: 'Staging' },
    }
    const { put, rollback, stored, history, call, id } = await withRoute(options)
    const [before] = await stored('routes/')
    await put(3_001)
    const { status, body, headers } = await rollback(1)
    expect([status, body.route.targetUrl, body.route.revision]).toEqual([200, at(3_000), 3])
    expect(headers.get('etag')).toMatch(/\.3"$/)
    const [after] = await stored('routes/')
    const saying = (entry: unknown) => ({ ...(entry as object), revision: 0, generation: 0, edition: 0 })
    expect(saying(after?.value)).toEqual(saying(before?.value))
    expect((await history()).body.history).toHaveLength(3)
    const { entries } = (await call('GET', '/api/audit', { token: ADMIN_TOKEN })).body
    expect(entries).toContainEqual(
      expect.objectContaining({ action: 'route.rollback', details: { id, revision: 3, backTo: 1 } }),
    )
  })

  it('is a write like any other: compared, counted, refused', async () => {
    const { put, rollback, call, token, id, gateway } = await withRoute()
    const read = () => call('GET', `/api/proxy/routes/${id}`, { token })
    const tag = (await read()).headers.get('etag') ?? ''
    await put(3_001)
    expect((await rollback(1, { 'if-match': tag })).status).toBe(412)
    gateway.answer = () => refusing('no such thing')
    expect((await rollback(1)).body.code).toBe('REJECTED_BY_HAPROXY')
    gateway.answer = () => ({})
    expect((await rollback(1, { 'if-match': (await read()).headers.get('etag') ?? '' })).body.status).toBe('live')
  })

  it('goes by the rules of today', async () => {
    const kv = memoryKv()
    const before = await routesHarness({ kv, targets: { level: 'private', own: OWN, resolve: noNames } })
    const token = await before.agent('vps-1')
    const wish = { ...SHOP, targetUrl: 'http://10.0.0.1:3000' }
    const { id } = (await before.http(token, wish)).body.route
    await before.http(token, { ...SHOP, targetUrl: at(3_001) })
    const today = await routesHarness({ kv })
    const path = `/api/proxy/routes/${id}/rollback`
    const { status, body } = await today.call('POST', path, { token, body: { revision: 1 } })
    expect([status, body.code]).toEqual([400, 'TARGET_REFUSED'])
  })

  it.each([
    [7, 404, 'REVISION_NOT_FOUND'],
    [0, 400, 'INVALID_INPUT'],
    ['1', 400, 'INVALID_INPUT'],
    [undefined, 400, 'INVALID_INPUT'],
  ])('to %j is %i', async (revision, status, code) => {
    const { rollback } = await withRoute()
    const answer = await rollback(revision)
    expect([answer.status, answer.body.code]).toEqual([status, code])
  })

  it('of a database, and of a route for some paths', async () => {
    const { call, token } = await withRoute()
    const database = { agentId: 'vps-1', name: 'orders', targetPort: 27_018, options: { check: false } }
    const app = { ...SHOP, targetUrl: at(3_000), options: { pathPrefix: '/api' } }
    for (const [path, first, second] of [
      ['/api/proxy/mongodb', database, { ...database, targetPort: 27_019 }],
      ['/api/proxy/http', app, { ...app, targetUrl: at(3_001) }],
    ] as const) {
      const made = (await call('POST', path, { token, body: first })).body.route
      await call('POST', path, { token, body: second })
      const { status, body } = await call('POST', `/api/proxy/routes/${made.id}/rollback`, {
        token,
        body: { revision: 1 },
      })
      expect([status, body.route]).toEqual([200, { ...made, revision: 3 }])
    }
  })
})
