import { describe, expect, it, onTestFinished } from 'vitest'
import { memoryKv } from '../../shared/kv/memory.ts'
import { ADMIN_TOKEN, SETTINGS } from '../harness.ts'
import { type EventReader, readEvents } from '../support/event-reader.ts'
import { type RoutesHarness, routesHarness } from '../support/routes.ts'

const open = async (
  front: RoutesHarness,
  token: string,
  { query = '', from }: { query?: string; from?: string | null } = {},
): Promise<EventReader> => {
  const headers = { authorization: `Bearer ${token}`, ...(from && { 'last-event-id': from }) }
  const reader = readEvents(await front.app.request(`/api/events${query}`, { headers }))
  onTestFinished(() => reader.close())
  return reader
}

const shop = (agentId: string, port = 3_000) => ({
  agentId,
  subdomain: `shop-${agentId}`,
  targetUrl: `http://203.0.113.7:${port}`,
})

const named = (name: string) => (event: { name: string }) => event.name === name
const namesOf = ({ events }: EventReader) => events.filter(({ id }) => id !== null).map(({ name }) => name)

describe('the stream of events', () => {
  it('says how it is to be read, and begins now', async () => {
    const front = await routesHarness()
    const token = await front.agent('vps-1')
    const response = await front.app.request('/api/events', { headers: { authorization: `Bearer ${token}` } })
    expect(Object.fromEntries(response.headers)).toMatchObject({
      'content-type': 'text/event-stream',
      'cache-control': 'no-store, no-transform',
      'x-accel-buffering': 'no',
    })
    const reader = response.body?.getReader()
    const { value } = (await reader?.read()) ?? {}
    expect(new TextDecoder().decode(value)).toMatch(/^retry: 2000\nid: \d+\n\n$/)
    await reader?.cancel()
  })

  it('tells of a route in the shape of its answer, and what became of it', async () => {
    const front = await routesHarness()
    const token = await front.agent('vps-1')
    const reader = await open(front, token)
    const { body } = await front.http(token, shop('vps-1'))
    const created = await reader.until(named('route.created'))
    expect(created.data).toEqual({ ...body.route, status: 'pending' })
    const status = await reader.until(named('route.status'))
    expect(status).toEqual({ id: null, name: 'route.status', data: body.route })
    await front.http(token, shop('vps-1', 3_001))
    expect((await reader.until(named('route.changed'))).data.revision).toBe(2)
    await front.remove(token, { type: 'http', ...shop('vps-1'), targetUrl: undefined })
    expect((await reader.until(named('route.removed'))).data).toEqual({
      type: 'http',
      agentId: 'vps-1',
      domain: 'shop-vps-1.apps.example.com',
      pathPrefix: null,
    })
  })

  it('tells of agents and certificates, and nothing that is secret', async () => {
    const front = await routesHarness()
    const reader = await open(front, ADMIN_TOKEN)
    const token = await front.agent('vps-1')
    await front.call('GET', '/api/config/vps-1', { token })
    await front.call('POST', '/api/certificates/agents/vps-1/renew', { token })
    await front.call('DELETE', '/api/certificates/agents/vps-1/key', { token })
    await front.call('POST', '/api/certificates/agents/vps-1/revoke', { token })
    await front.call('PATCH', '/api/agents/vps-1', { token, body: { agentName: 'One' } })
    await front.call('PATCH', '/api/agents/vps-1', { token: ADMIN_TOKEN, body: { suspended: true } })
    await front.call('PATCH', '/api/agents/vps-1', { token: ADMIN_TOKEN, body: { suspended: false } })
    await front.call('POST', '/api/agents/vps-1/revoke', { token: ADMIN_TOKEN })
    await front.call('DELETE', '/api/agents/vps-1', { token: ADMIN_TOKEN })
    await reader.until(named('agent.removed'))
    expect(namesOf(reader).filter((name) => !name.includes('edge'))).toEqual([
      'agent.registered',
      'certificate.issued',
      'certificate.renewed',
      'certificate.changed',
      'certificate.revoked',
      'agent.changed',
      'agent.suspended',
      'agent.resumed',
      'agent.revoked',
      'certificate.revoked',
      'agent.removed',
      'certificate.revoked',
    ])
    const agent = (await front.call('GET', '/api/agents/vps-1', { token: ADMIN_TOKEN })).status
    expect(agent).toBe(404)
    expect(reader.events.find(named('agent.registered'))?.data).toEqual({
      agentId: 'vps-1',
      agentName: null,
      targetIp: '203.0.113.7',
      suspended: false,
      createdAt: '2030-01-01T00:00:00.000Z',
      updatedAt: '2030-01-01T00:00:00.000Z',
    })
    expect(JSON.stringify(reader.events)).not.toMatch(/sealed|PRIVATE|clk_|"key"|incarnation|hash/i)
  })
})

describe('who reads events', () => {
  it('sees what is asked for: kinds, and for administrators an agent', async () => {
    const front = await routesHarness()
    const [one, two] = [await front.agent('vps-1'), await front.agent('vps-2')]
    const routes = await open(front, ADMIN_TOKEN, { query: '?types=route&agentId=vps-2' })
    const agents = await open(front, one, { query: '?types=agent&agentId=vps-1' })
    await front.http(one, shop('vps-1'))
    await front.http(two, shop('vps-2'))
    await front.call('PATCH', '/api/agents/vps-1', { token: one, body: { agentName: 'One' } })
    await front.call('PATCH', '/api/agents/vps-2', { token: two, body: { agentName: 'Two' } })
    await agents.until(named('agent.changed'))
    await routes.until(named('route.status'))
    expect(agents.events.map(({ name, data }) => [name, data.agentId])).toEqual([['agent.changed', 'vps-1']])
    expect(routes.events.map(({ name, data }) => [name, data.agentId])).toEqual([
      ['route.created', 'vps-2'],
      ['route.status', 'vps-2'],
    ])
  })

  it('is told of a mistake in one sentence', async () => {
    const front = await routesHarness()
    const token = await front.agent('vps-1')
    const ask = (query: string, headers = {}) => front.call('GET', `/api/events${query}`, { token, headers })
    const refused: [Awaited<ReturnType<typeof ask>>, number, RegExp][] = [
      [await ask('?types=routes'), 400, /must be of route, agent, certificate, backend, node/],
      [await ask('?types='), 400, /must be of route/],
      [await ask('?lastEventId=x'), 400, /must be the id of an event, such as 42 or 42\.3/],
      [await ask('', { 'last-event-id': '4.0' }), 400, /must be the id of an event/],
      [await ask('', { 'last-event-id': '-1' }), 400, /must be the id of an event/],
      [await ask('?agentId=vps-2'), 403, /each agent for its own/],
      [await ask('?typse=route'), 400, /unknown field "typse"/],
    ]
    for (const [{ status, body }, wanted, sentence] of refused) {
      expect([status, body.error]).toEqual([wanted, expect.stringMatching(sentence)])
    }
    expect((await ask('', { accept: 'application/json', 'last-event-id': '' })).status).toBe(200)
  })

  it('may ask for the headers alone, which takes no place', async () => {
    const front = await routesHarness({ events: { seats: { perAgent: 1 } } })
    const token = await front.agent('vps-1')
    for (let time = 0; time < 3; time++) {
      const { status, headers } = await front.call('HEAD', '/api/events', { token })
      expect([status, headers.get('content-type')]).toEqual([200, 'text/event-stream'])
    }
    await open(front, token)
  })

  it('has no more streams than everybody may have, and agents leave some to administrators', async () => {
    const front = await routesHarness({ events: { seats: { perAgent: 2, perToken: 2, agents: 3, total: 4 } } })
    const [one, two] = [await front.agent('vps-1'), await front.agent('vps-2')]
    const first = await open(front, one)
    await open(front, one)
    const tooMany = await front.call('GET', '/api/events', { token: one })
    expect([tooMany.status, tooMany.body.code]).toEqual([429, 'TOO_MANY_REQUESTS'])
    expect(tooMany.headers.get('retry-after')).toBe('10')
    await open(front, two)
    const full = await front.call('GET', '/api/events', { token: two })
    expect([full.status, full.body.code]).toEqual([503, 'NOT_READY'])
    expect(full.headers.get('retry-after')).toBe('10')
    await open(front, ADMIN_TOKEN)
    expect((await front.call('GET', '/api/events', { token: ADMIN_TOKEN })).status).toBe(503)
    await first.close()
    await open(front, two)
  })

  it('is sent away when it may no longer read', async () => {
    const front = await routesHarness()
    const ends: [string, (agentId: string) => Promise<unknown>, RegExp][] = [
      [
        'suspended',
        (id) => front.call('PATCH', `/api/agents/${id}`, { token: ADMIN_TOKEN, body: { suspended: true } }),
        /has been suspended/,
      ],
      ['revoked', (id) => front.call('POST', `/api/agents/${id}/revoke`, { token: ADMIN_TOKEN }), /has been revoked/],
      ['removed', (id) => front.call('DELETE', `/api/agents/${id}`, { token: ADMIN_TOKEN }), /has been removed/],
    ]
    for (const [agentId, end, reason] of ends) {
      const reader = await open(front, await front.agent(agentId))
      await end(agentId)
      await reader.ended
      expect(reader.comments.at(-1)).toMatch(reason)
      expect(namesOf(reader).at(-1)).toBe(`agent.${agentId}`)
    }
    const { body } = await front.call('POST', '/api/tokens', { token: ADMIN_TOKEN, body: { kind: 'read-only' } })
    const reader = await open(front, body.token)
    await front.call('DELETE', `/api/tokens/${body.id}`, { token: ADMIN_TOKEN })
    await reader.ended
    expect(reader.comments.at(-1)).toMatch(/has been withdrawn/)
  })

  it('is sent away when its token expires, and goes on with the next', async () => {
    const front = await routesHarness()
    const token = await front.agent('vps-1')
    front.clock.nowMs += SETTINGS.jwtTtlSeconds * 1_000 - 300
    const reader = await open(front, token)
    await reader.ended
    expect(reader.comments.at(-1)).toMatch(/the token has expired: authenticate again/)
    const next = await front.agent('vps-1')
    const resumed = await open(front, next, { from: reader.lastEventId })
    expect((await resumed.until(named('agent.changed'))).data.agentId).toBe('vps-1')
  })

  it('sees nothing of who had its name before', async () => {
    const front = await routesHarness({ settings: { ...SETTINGS, releaseSeconds: 0 } })
    const before = await front.agent('vps-1')
    await front.http(before, shop('vps-1'))
    await front.call('DELETE', '/api/agents/vps-1', { token: ADMIN_TOKEN })
    const token = await front.agent('vps-1', { agentKey: 'another-key-of-another-owner-of-it' })
    const reader = await open(front, token, { from: '0' })
    await front.http(token, shop('vps-1', 3_001))
    await reader.until(named('route.created'))
    expect(namesOf(reader)).toEqual(['agent.registered', 'route.created'])
    expect(JSON.stringify(reader.events)).not.toContain('3000')
  })
})

describe('a reader who comes back', () => {
  it('hears what it missed, once, also inside of one commit', async () => {
    const front = await routesHarness()
    const token = await front.agent('vps-1')
    const first = await open(front, token)
    const upsert = [1, 2, 3, 4].map((n) => ({
      type: 'http',
      agentId: 'vps-1',
      subdomain: `a${n}`,
      targetUrl: `http://203.0.113.7:${n}`,
    }))
    await front.call('POST', '/api/proxy/bulk', { token, body: { upsert } })
    await first.until(({ data }) => data.subdomain === 'a4')
    const ids = first.events.flatMap(({ id }) => id ?? [])
    const commit = ids.at(-1)
    expect(ids).toEqual([`${commit}.1`, `${commit}.2`, `${commit}.3`, commit])
    for (const [index, from] of ids.entries()) {
      const again = await open(front, token, index % 2 ? { from } : { query: `?lastEventId=${from}` })
      await front.call('PATCH', '/api/agents/vps-1', { token, body: { agentName: `n${index}` } })
      await again.until(({ data }) => data.agentName === `n${index}`)
      const heard = again.events.filter(({ id }) => id !== null)
      expect(heard.slice(0, 3 - index).map(({ id }) => id)).toEqual(ids.slice(index + 1))
    }
  })

  it('reads what is long ago out of the store, however much it is, while others go on', async () => {
    const front = await routesHarness({ events: { memory: { keptEvents: 10 } } })
    const token = await front.agent('vps-1')
    const live = await open(front, token)
    const upsert = Array.from({ length: 3_000 }, (_, n) => ({
      type: 'http',
      agentId: 'vps-1',
      subdomain: `b${n}`,
      targetUrl: 'http://203.0.113.7',
    }))
    for (let time = 0; time < 3; time++) {
      const body = { upsert: upsert.map((each) => ({ ...each, targetUrl: `http://203.0.113.7:${time + 1}` })) }
      expect((await front.call('POST', '/api/proxy/bulk', { token, body })).status).toBe(200)
    }
    const late = await open(front, token, { from: '0' })
    for (const reader of [live, late]) {
      await reader.until(({ data }) => data.subdomain === 'b999' && data.revision === 3)
      const heard = reader.events.filter(({ id, name }) => id !== null && name.startsWith('route.'))
      expect(heard.filter(({ name }) => name === 'route.created')).toHaveLength(3_000)
      expect(new Set(heard.map(({ id }) => id)).size).toBe(heard.length)
      expect(reader.comments.filter((comment) => comment.includes('cut off'))).toEqual([])
    }
  })

  it('is told to read the lists again where the store has forgotten, or never was', async () => {
    const front = await routesHarness({ kv: memoryKv({ keptRevisions: 10 }) })
    const token = await front.agent('vps-1')
    for (let port = 1; port < 30; port++) await front.http(token, shop('vps-1', port))
    for (const from of ['1', '3.2', '999999']) {
      const reader = await open(front, token, { from })
      const reset = await reader.until(named('reset'))
      expect(reset.data).toEqual({ code: 'STORE_COMPACTED', message: expect.stringContaining('read the lists again') })
      await front.http(token, shop('vps-1', 1_000 + (Math.floor(Number(from)) % 1_000)))
      expect((await reader.until(named('route.changed'))).data.targetUrl).toBe(
        `http://203.0.113.7:${1_000 + (Math.floor(Number(from)) % 1_000)}`,
      )
      expect(namesOf(reader)).toEqual(['reset', 'route.changed'])
    }
  })
})
