import { createExecutionContext, waitOnExecutionContext } from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import { expect, it } from 'vitest'
import worker from '../../functions/worker.ts'
import { parseMetrics } from '../support/prometheus.ts'

const ADMIN_TOKEN = 'the-admin-token-of-the-worker-tests'
const METRICS_TOKEN = 'the-metrics-token-of-the-worker-tests'

async function get(path: string, token: string): Promise<Response> {
  const context = createExecutionContext()
  const asked = new Request<unknown, IncomingRequestCfProperties>(`https://front.example.com${path}`, {
    headers: { authorization: `Bearer ${token}` },
  })
  const response = await worker.fetch(asked, { ...env, ADMIN_TOKEN, METRICS_TOKEN } as Cloudflare.Env, context)
  await waitOnExecutionContext(context)
  return response
}

it('measures itself, for who has the metrics token', async () => {
  expect((await get('/api/stats', METRICS_TOKEN)).status).toBe(403)
  const response = await get('/api/metrics', METRICS_TOKEN)
  expect(response.status).toBe(200)
  const families = parseMetrics(await response.text())
  const stored = families.find(({ name }) => name === 'front_kv_operation_duration_seconds')
  expect(stored?.samples[0]?.labels).toMatchObject({ adapter: 'durable_object' })
  expect(families.map(({ name }) => name)).toEqual(
    expect.arrayContaining(['front_build_info', 'front_http_requests_total', 'front_certificate_expires_in_seconds']),
  )
})

it('has the figures of routes, and says why it has no log', async () => {
  const stats = await get('/api/stats', ADMIN_TOKEN)
  expect([stats.status, await stats.json()]).toEqual([200, { success: true, stats: [], nodes: [], cursor: null }])
  const logs = await get('/api/logs', ADMIN_TOKEN)
  expect(logs.status).toBe(501)
  expect(await logs.json()).toMatchObject({ code: 'NOT_SUPPORTED', error: expect.stringContaining('show events') })
})
