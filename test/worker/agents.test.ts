import { createExecutionContext } from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import { expect, it } from 'vitest'
import worker from '../../functions/worker.ts'

const ENROLLMENT_TOKEN = 'the-enrolment-token-of-the-tests'

async function call(method: string, path: string, { token, body }: { token?: string; body?: object } = {}) {
  const request = new Request<unknown, IncomingRequestCfProperties>(`https://front.example.com${path}`, {
    method,
    headers: { 'content-type': 'application/json', ...(token && { authorization: `Bearer ${token}` }) },
    ...(body && { body: JSON.stringify(body) }),
  })
  const response = await worker.fetch(request, { ...env, ENROLLMENT_TOKEN }, createExecutionContext())
  return { status: response.status, body: (await response.json()) as Record<string, never> }
}

it('an agent’s whole flow: registered, served, revoked, refused', async () => {
  const agent = { agentId: 'vps-1', agentKey: 'a-key-of-the-first-agent', targetIp: '203.0.113.7' }
  expect((await call('POST', '/api/agents/register', { body: agent })).status).toBe(401)
  const registered = await call('POST', '/api/agents/register', { body: agent, token: ENROLLMENT_TOKEN })
  expect(registered.status).toBe(201)

  const { token } = registered.body
  const config = await call('GET', '/api/config/vps-1', { token })
  expect(config.body).toMatchObject({
    agentId: 'vps-1',
    certificates: {
      ca: expect.stringContaining('BEGIN CERTIFICATE'),
      cert: expect.stringContaining('BEGIN CERTIFICATE'),
      key: expect.stringContaining('BEGIN PRIVATE KEY'),
    },
  })

  const { agentId, agentKey } = agent
  expect((await call('POST', '/api/agents/authenticate', { body: { agentId, agentKey: 'a-wrong-key' } })).status).toBe(
    401,
  )
  expect((await call('POST', '/api/agents/vps-1/revoke', { token })).status).toBe(200)
  expect((await call('GET', '/api/agents/vps-1', { token })).status).toBe(401)
  const again = await call('POST', '/api/agents/authenticate', { body: { agentId, agentKey } })
  expect((await call('GET', '/api/agents/vps-1', { token: again.body.token })).status).toBe(200)
})
