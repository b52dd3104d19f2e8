import { createExecutionContext, runDurableObjectAlarm, runInDurableObject } from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import { expect, it } from 'vitest'
import worker from '../../functions/worker.ts'

const TOKENS = { ADMIN_TOKEN: 'the-admin-token-of-the-tests', ENROLLMENT_TOKEN: 'the-enrolment-token-of-the-tests' }

async function call(method: string, path: string, body?: object, token = TOKENS.ADMIN_TOKEN) {
  const request = new Request<unknown, IncomingRequestCfProperties>(`https://front.example.com${path}`, {
    method,
    headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` },
    ...(body && { body: JSON.stringify(body) }),
  })
  const response = await worker.fetch(request, { ...env, ...TOKENS }, createExecutionContext())
  return { status: response.status, body: (await response.json()) as Record<string, never> }
}

const gateway = () => env.GATEWAY.get(env.GATEWAY.idFromName('front'))
const alarmAt = () => runInDurableObject(gateway(), (_, state) => state.storage.getAlarm())
const nodes = async () => (await call('GET', '/api/nodes')).body.nodes as unknown as { name: string }[]
const DEAD = { url: 'http://user:password@127.0.0.1:9' }

it('accepts routes without any data plane, and lets them wait', async () => {
  const agent = { agentId: 'vps-1', agentKey: 'a-key-of-the-first-agent', targetIp: '203.0.113.7' }
  expect((await call('POST', '/api/agents/register', agent, TOKENS.ENROLLMENT_TOKEN)).status).toBe(201)
  const route = { agentId: 'vps-1', subdomain: 'shop', targetUrl: 'http://203.0.113.7:3000' }
  const { status, body } = await call('POST', '/api/proxy/http', route)
  expect([status, body]).toMatchObject([202, { status: 'pending', applied: { why: 'this front has no data plane' } }])
  expect((await call('GET', '/api/proxy')).body.routes).toMatchObject([
    { domain: expect.any(String), status: 'pending' },
  ])
  expect(await nodes()).toEqual([])
})

it('keeps backends, and asks the object that has the gateway what became of them', async () => {
  const settings = { servers: [{ name: 'srv1', address: '203.0.113.7', port: 8_080 }], hosts: ['api.example.org'] }
  const put = await call('PUT', '/api/backends/web', settings)
  expect([put.status, put.body.backend]).toMatchObject([202, { status: 'pending', conflicts: [] }])
  await call('PUT', '/api/backends/zzz', settings)
  const { backends } = (await call('GET', '/api/backends')).body
  expect(backends).toMatchObject([
    { name: 'web', conflicts: [] },
    { name: 'zzz', conflicts: [{ host: 'api.example.org', with: 'api/web' }] },
  ])
  for (const name of ['web', 'zzz']) expect((await call('DELETE', `/api/backends/${name}`)).status).toBe(200)
  expect((await call('GET', '/api/backends')).body.backends).toEqual([])
})

it('drives a node as soon as there is one, by its alarm, and rests when there is none', async () => {
  await runDurableObjectAlarm(gateway())
  expect(await alarmAt()).toBeNull()

  const added = await call('PUT', '/api/nodes/berlin', DEAD)
  expect([added.status, added.body.node]).toMatchObject([202, { name: 'berlin', reachable: false }])
  expect(await alarmAt()).not.toBeNull()
  await runDurableObjectAlarm(gateway())
  expect(await alarmAt()).not.toBeNull()
  expect((await call('POST', '/api/nodes/berlin/reconcile')).body).toMatchObject({ success: true })

  expect((await call('DELETE', '/api/nodes/berlin')).status).toBe(200)
  await runDurableObjectAlarm(gateway())
  expect(await alarmAt()).toBeNull()
  expect(await nodes()).toEqual([])
})

it('says what a worker cannot do, and why', async () => {
  const ca = await (
    await worker.fetch(
      new Request<unknown, IncomingRequestCfProperties>('https://front.example.com/api/certificates/ca.pem'),
      env,
      createExecutionContext(),
    )
  ).text()
  expect(await call('PUT', '/api/nodes/berlin', { ...DEAD, ca })).toMatchObject({
    status: 501,
    body: { success: false, code: 'NOT_SUPPORTED', error: expect.stringContaining('public authorities') },
  })
  expect(await call('GET', '/api/logs')).toMatchObject({
    status: 501,
    body: { code: 'NOT_SUPPORTED', error: expect.stringContaining('log') },
  })
})

it('takes the errors of the object for what they are', async () => {
  expect(await call('POST', '/api/nodes/nobody/reconcile')).toMatchObject({
    status: 404,
    body: { code: 'NODE_NOT_FOUND' },
  })
})
