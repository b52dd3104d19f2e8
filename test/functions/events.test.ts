import { describe, expect, it, onTestFinished } from 'vitest'
import { ADMIN_TOKEN } from '../harness.ts'
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
