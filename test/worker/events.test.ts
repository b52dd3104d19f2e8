import { createExecutionContext } from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import { expect, it, onTestFinished } from 'vitest'
import worker from '../../functions/worker.ts'
import { readEvents } from '../support/event-reader.ts'

const ADMIN_TOKEN = 'the-admin-token-of-the-worker-tests'
const ENROLLMENT_TOKEN = 'the-enrolment-token-of-the-worker-tests'

/** Each request has a context of its own, as in production: what one made, another may not use. */
function request(path: string, { token, ...init }: RequestInit & { token: string }): Promise<Response> {
  const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json', ...init.headers }
  const asked = new Request<unknown, IncomingRequestCfProperties>(`https://front.example.com${path}`, {
    ...(init as RequestInit<IncomingRequestCfProperties>),
    headers,
  })
  return worker.fetch(asked, { ...env, ADMIN_TOKEN, ENROLLMENT_TOKEN } as Cloudflare.Env, createExecutionContext())
}

const open = async (token: string, from: string | null = null) => {
  const headers: Record<string, string> = from === null ? {} : { 'last-event-id': from }
  const reader = readEvents(await request('/api/events?types=route,agent', { token, headers }))
  onTestFinished(() => reader.close())
  await reader.begun
  return reader
}

const post = async (path: string, token: string, body: object) => {
  const response = await request(path, { token, method: 'POST', body: JSON.stringify(body) })
  return { status: response.status, body: (await response.json()) as Record<string, string> }
}

const register = async (agentId: string) =>
  (
    await post('/api/agents/register', ENROLLMENT_TOKEN, {
      agentId,
      agentKey: `a-long-key-of-${agentId}`,
      targetIp: '203.0.113.7',
    })
  ).body.token as string

it('streams events in the worker, each agent its own, and goes on where a reader was', async () => {
  const admin = await open(ADMIN_TOKEN)
  const [one, two] = [await register('vps-1'), await register('vps-2')]
  const reader = await open(one)
  const put = (agentId: string, token: string, port: number) =>
    post('/api/proxy/http', token, { agentId, subdomain: `shop-${agentId}`, targetUrl: `http://203.0.113.7:${port}` })
  await put('vps-1', one, 1)
  await put('vps-2', two, 1)
  await put('vps-1', one, 2)
  await reader.until(({ name }) => name === 'route.changed')
  await admin.until(({ name }) => name === 'route.changed')
  const told = ({ events }: typeof reader) =>
    events.filter(({ id }) => id !== null).map(({ name, data }) => `${name} ${data.agentId}`)
  expect(told(reader)).toEqual(['route.created vps-1', 'route.changed vps-1'])
  expect(told(admin)).toEqual([
    'agent.registered vps-1',
    'agent.registered vps-2',
    'route.created vps-1',
    'route.created vps-2',
    'route.changed vps-1',
  ])

  const again = await open(one, reader.events.find(({ name }) => name === 'route.created')?.id)
  await put('vps-1', one, 3)
  await again.until(({ data }) => data.targetUrl?.endsWith(':3'))
  expect(told(again)).toEqual(['route.changed vps-1', 'route.changed vps-1'])

  await post('/api/agents/vps-1/revoke', ADMIN_TOKEN, {})
  for (const each of [reader, again]) {
    await each.ended
    expect(each.comments.at(-1)).toMatch(/has been revoked/)
  }
})
