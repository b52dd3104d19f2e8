import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { memoryKv } from '../../shared/kv/memory.ts'
import { FAMILIES } from '../../shared/metrics/families.ts'
import { ADMIN_TOKEN, ENROLLMENT_TOKEN, type Harness, harness } from '../harness.ts'
import { fakeGateway } from '../support/fake-gateway.ts'
import { type Family, parseMetrics } from '../support/prometheus.ts'

const METRICS_TOKEN = 'the-metrics-token-of-the-tests'

async function metricsOf(front: Harness): Promise<Map<string, Family>> {
  const { status, headers, body } = await front.call('GET', '/api/metrics', { token: ADMIN_TOKEN })
  expect([status, headers.get('content-type')]).toEqual([200, 'text/plain; version=0.0.4; charset=utf-8'])
  return new Map(parseMetrics(body).map((family) => [family.name, family]))
}

const valueIn = (metrics: Map<string, Family>, name: string, labels: Record<string, string> = {}) =>
  metrics
    .get(name.replace(/_(bucket|count|sum)$/, ''))
    ?.samples.find(
      (sample) =>
        sample.name === name && Object.entries(labels).every(([label, text]) => sample.labels[label] === text),
    )?.value

const register = async (front: Harness, agentId: string): Promise<string> => {
  const body = { agentId, agentKey: `clk_${agentId.padEnd(43, 'k')}`, targetIp: '203.0.113.7' }
  return (await front.call('POST', '/api/agents/register', { token: ENROLLMENT_TOKEN, body })).body.token
}

/** A front that has done a little of everything that is counted. */
async function busyFront(): Promise<Harness> {
  const front = await harness({ gateway: fakeGateway(), adapter: 'sqlite' })
  await front.maintain()
  const token = await register(front, 'vps-1')
  const body = { agentId: 'vps-1', subdomain: 'shop', targetUrl: 'http://203.0.113.7' }
  expect((await front.call('POST', '/api/proxy/http', { token, body })).status).toBe(201)
  await front.call('GET', '/api/config/vps-1', { token })
  return front
}

it('serves every metric that there is, as it says it is, by Prometheus’ conventions', async () => {
  const front = await busyFront()
  const metrics = await metricsOf(front)
  const missing = Object.keys(FAMILIES).filter((name) => !metrics.has(name))
  // What only a failure makes.
  expect(missing.sort()).toEqual(['front_edge_certificate_expires_in_seconds', 'front_kv_operation_errors_total'])
  for (const [name, { type, help, samples }] of metrics) {
    const family = FAMILIES[name as keyof typeof FAMILIES]
    expect([name, type, help]).toEqual([name, family.type, family.help])
    expect(name).toMatch(/^front_[a-z_]+$/)
    expect([name, name.endsWith('_total')]).toEqual([name, type === 'counter'])
    for (const { labels } of samples) {
      const { le: _, ...own } = labels
      expect([name, Object.keys(own).sort()]).toEqual([name, [...family.labels].sort()])
    }
  }
})

it('counts requests by the path that the API knows them by, whatever was asked for', async () => {
  const front = await harness()
  for (let i = 0; i < 20; i++) {
    await front.call('GET', `/api/agents/vps-${i}`, { token: ADMIN_TOKEN })
    await front.call('GET', `/api/nothing-${i}`)
    await front.call('PROPFIND', `/api/health/live`)
  }
  const metrics = await metricsOf(front)
  const requests = 'front_http_requests_total'
  expect(valueIn(metrics, requests, { method: 'GET', route: '/api/agents/{agentId}', status: '4xx' })).toBe(20)
  expect(valueIn(metrics, requests, { method: 'GET', route: 'unknown', status: '4xx' })).toBe(20)
  expect(valueIn(metrics, requests, { method: 'other', route: '/api/health/live', status: '4xx' })).toBe(20)
  expect(valueIn(metrics, 'front_http_request_duration_seconds_count', { route: '/api/agents/{agentId}' })).toBe(20)
})

it('names no host, no route and no agent, so that there are never more of them than there are calls', async () => {
  const front = await busyFront()
  const before = (await metricsOf(front)).get('front_http_requests_total')?.samples.length ?? 0
  for (let i = 2; i < 12; i++) {
    const token = await register(front, `vps-${i}`)
    const body = { agentId: `vps-${i}`, subdomain: `shop-${i}`, targetUrl: 'http://203.0.113.7' }
    await front.call('POST', '/api/proxy/http', { token, body })
    await front.call('GET', `/api/config/vps-${i}`, { token })
  }
  const metrics = await metricsOf(front)
  // The call for the metrics itself has come in between.
  expect(metrics.get('front_http_requests_total')?.samples).toHaveLength(before + 1)
  const values = [...metrics.values()].flatMap(({ samples }) => samples.flatMap(({ labels }) => Object.values(labels)))
  expect(values.filter((value) => /vps-|shop/.test(value))).toEqual([])
})

it('says how the store, the nodes and the routes are', async () => {
  const metrics = await metricsOf(await busyFront())
  expect(valueIn(metrics, 'front_build_info', { version: '0.0.0-test' })).toBe(1)
  expect(
    valueIn(metrics, 'front_kv_operation_duration_seconds_count', { adapter: 'sqlite', operation: 'commit' }),
  ).toBeGreaterThan(1)
  expect(valueIn(metrics, 'front_route_time_to_live_seconds_count', { type: 'http' })).toBe(1)
  expect(valueIn(metrics, 'front_routes', { type: 'http', status: 'live' })).toBe(2)
  expect(valueIn(metrics, 'front_node_up', { node: 'local' })).toBe(1)
  expect(valueIn(metrics, 'front_haproxy_requests_total', { node: 'local', status: '5xx' })).toBe(1)
  const yearSeconds = 365 * 86_400
  expect(valueIn(metrics, 'front_certificate_expires_in_seconds', { kind: 'ca' })).toBeGreaterThan(yearSeconds)
  expect(valueIn(metrics, 'front_certificate_expires_in_seconds', { kind: 'crl' })).toBeLessThan(yearSeconds)
})

it('counts what the store fails at', async () => {
  const kv = memoryKv()
  const front = await harness({ kv })
  kv.list = () => Promise.reject(new Error('away'))
  expect((await front.call('GET', '/api/health')).status).toBe(503)
  const metrics = await metricsOf(front)
  expect(valueIn(metrics, 'front_kv_operation_errors_total', { adapter: 'memory', operation: 'list' })).toBeGreaterThan(
    0,
  )
})

it('answers also while its parts do not', async () => {
  const broken = { ...fakeGateway(), measures: () => Promise.reject(new Error('away')) }
  const front = await harness({ gateway: broken })
  const metrics = await metricsOf(front)
  expect(metrics.has('front_node_up')).toBe(false)
  expect(metrics.has('front_build_info')).toBe(true)
})

it('is for administrators, and for who has the metrics token', async () => {
  const front = await harness()
  await front.ensureToken('metrics', METRICS_TOKEN)
  const statusFor = async (token?: string) => (await front.call('GET', '/api/metrics', token ? { token } : {})).status
  expect([await statusFor(), await statusFor(METRICS_TOKEN), await statusFor(ADMIN_TOKEN)]).toEqual([401, 200, 200])
  expect(await statusFor(await register(front, 'vps-1'))).toBe(403)
  expect((await front.call('GET', '/api/agents', { token: METRICS_TOKEN })).status).toBe(403)
})

it('is explained, drawn and alerted by as it is served', () => {
  const namesIn = (file: string) =>
    new Set(readFileSync(`docs/monitoring/${file}`, 'utf8').match(/\bfront_[a-z_]+[a-z]\b/g))
  const served = new Set<string>(
    Object.entries(FAMILIES).flatMap(([name, { type }]) =>
      type === 'histogram' ? [name, `${name}_bucket`, `${name}_sum`, `${name}_count`] : [name],
    ),
  )
  for (const file of ['grafana-dashboard.json', 'alerts.yml']) {
    expect([file, [...namesIn(file)].filter((name) => !served.has(name))]).toEqual([file, []])
  }
  const table = readFileSync('docs/monitoring/README.md', 'utf8').matchAll(
    /^\| `(front_\w+)` +\| (\w+) +\| (.*?) +\| (.*?) +\|$/gm,
  )
  const explained = [...table].map(([, name, type, labels = '', help]) => [
    name,
    type,
    labels.match(/\w+/g) ?? [],
    help,
  ])
  expect(explained).toEqual(
    Object.entries(FAMILIES).map(([name, { type, labels, help }]) => [name, type, [...labels], help]),
  )
})
