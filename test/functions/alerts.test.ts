import { createHmac } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { memoryKv } from '../../shared/kv/memory.ts'
import { httpRoute } from '../gateway/routes.ts'
import { ADMIN_TOKEN, harness } from '../harness.ts'
import { newCertificate } from '../support/edge-certificate.ts'
import { fakeGateway } from '../support/fake-gateway.ts'

const SECRET = 'the-secret-of-the-webhook'
const DAY = 86_400

interface Told {
  kind: string
  state: string
  subject: string
  reason: string
}

/** A front with one node, and a webhook that answers as it is told to. */
async function alertsHarness() {
  const kv = memoryKv()
  const node = { isUp: true }
  const webhook = { status: 204, told: [] as Told[] }
  const gateway = fakeGateway()
  const [first] = await gateway.nodes()
  gateway.nodes = async () =>
    first ? [{ ...first, name: 'frankfurt', reachable: node.isUp, lastError: node.isUp ? null : 'no answer' }] : []
  const fetch = async (request: Request) => {
    const [body, signature] = [await request.text(), request.headers.get('x-front-signature') ?? '']
    const [, seconds, mac] = /^t=(\d+),v1=([0-9a-f]{64})$/.exec(signature) ?? []
    expect(mac).toBe(createHmac('sha256', SECRET).update(`${seconds}.${body}`).digest('hex'))
    if (webhook.status === 204) webhook.told.push(JSON.parse(body))
    return new Response(null, { status: webhook.status })
  }
  const alerts = { url: 'https://alerts.example.net/', secret: SECRET, fetch }
  const start = () => harness({ kv, gateway, alerts, keepOpen: true })
  const pass = async (front: Awaited<ReturnType<typeof start>>, seconds: number) => {
    front.clock.nowMs += seconds * 1_000
    await front.maintain()
  }
  return { node, webhook, gateway, start, pass }
}

describe('alerts', () => {
  it('are told once, and so is that it is over', async () => {
    const { node, webhook, start, pass } = await alertsHarness()
    const front = await start()
    node.isUp = false
    for (let i = 0; i < 10; i++) await pass(front, 11)
    expect(webhook.told).toMatchObject([
      { kind: 'node.unreachable', state: 'firing', subject: 'frankfurt', reason: 'no answer' },
    ])
    node.isUp = true
    for (let i = 0; i < 10; i++) await pass(front, 11)
    expect(webhook.told.map(({ state }) => state)).toEqual(['firing', 'resolved'])
  })

  it('are told after half a minute, and taken back after a whole one', async () => {
    const { node, webhook, start, pass } = await alertsHarness()
    const front = await start()
    const toldAfter = async (...seconds: number[]) => {
      for (const each of seconds) await pass(front, each)
      return webhook.told.map(({ state }) => state)
    }
    await toldAfter(10)
    node.isUp = false
    expect(await toldAfter(10, 29)).toEqual([])
    expect(await toldAfter(10)).toEqual(['firing'])
    node.isUp = true
    expect(await toldAfter(10, 59)).toEqual(['firing'])
    expect(await toldAfter(10)).toEqual(['firing', 'resolved'])
  })

  it('tell of a route whose servers fail, until they are well or nobody wants it', async () => {
    const { gateway, webhook, start, pass } = await alertsHarness()
    const status = new Map<string, 'degraded' | 'failed' | 'settled'>()
    const routes = ['shop', 'blog', 'quiet'].map((name) =>
      httpRoute({ host: `${name}.test`, suspended: name === 'quiet' }),
    )
    gateway.routes = () => routes
    gateway.status = async (asked) =>
      asked.map(({ host }) => ({ status: status.get(host) ?? 'settled', reason: null, steps: [] }))
    const front = await start()
    status.set('shop.test', 'degraded').set('quiet.test', 'failed')
    for (const seconds of [10, 30]) await pass(front, seconds)
    const told = { kind: 'route.failing', subject: 'shop.test', reason: 'Its servers do not pass their checks' }
    expect(webhook.told).toMatchObject([{ ...told, state: 'firing' }])
    status.clear()
    for (const seconds of [10, 60]) await pass(front, seconds)
    expect(webhook.told).toMatchObject([{ state: 'firing' }, { ...told, state: 'resolved' }])
  })

  it('tell of a certificate that nobody renews, as health, metrics, events and the audit log do', async () => {
    const { webhook, start, pass } = await alertsHarness()
    const front = await start()
    const get = async (path: string) => (await front.call('GET', path, { token: ADMIN_TOKEN })).body
    front.clock.nowMs = Date.now()
    const upload = async () => {
      const { pem } = await newCertificate(['shop.front.test'], front.clock.nowMs)
      const path = '/api/certificates/edge/shop'
      expect((await front.call('PUT', path, { token: ADMIN_TOKEN, body: { pem } })).status).toBe(200)
    }
    await upload()
    await pass(front, 70 * DAY)
    expect((await get('/api/health')).checks.certificates).toBe('ok')
    await pass(front, 7 * DAY)
    for (const seconds of [60, 60]) await pass(front, seconds)
    expect(webhook.told).toMatchObject([{ kind: 'certificate.expiring', state: 'firing', subject: 'shop' }])
    expect(await get('/api/health')).toMatchObject({ status: 'degraded', checks: { certificates: 'expiring' } })
    expect(await get('/api/metrics')).toMatch(/^front_edge_certificate_expires_in_seconds\{name="shop"\} 1\d{6}$/m)
    const { entries } = await get('/api/audit')
    expect(entries.filter(({ action }: { action: string }) => action === 'edge.expire')).toMatchObject([
      { target: 'shop' },
    ])
    await upload()
    for (const seconds of [60, 60]) await pass(front, seconds)
    expect(webhook.told.map(({ state }) => state)).toEqual(['firing', 'resolved'])
    expect(await get('/api/metrics')).not.toContain('name="shop"')
  })

  it('are not told of what flickers', async () => {
    const { node, webhook, start, pass } = await alertsHarness()
    const front = await start()
    for (let i = 0; i < 20; i++) {
      node.isUp = i % 2 === 0
      await pass(front, 11)
    }
    expect(webhook.told).toEqual([])
    node.isUp = false
    for (let i = 0; i < 5; i++) await pass(front, 11)
    for (let i = 0; i < 20; i++) {
      node.isUp = i % 2 === 0
      await pass(front, 11)
    }
    expect(webhook.told.map(({ state }) => state)).toEqual(['firing'])
  })

  it('are tried again with patience, also by a front that was started since', async () => {
    const { node, webhook, start, pass } = await alertsHarness()
    const front = await start()
    webhook.status = 500
    node.isUp = false
    for (let i = 0; i < 5; i++) await pass(front, 11)
    webhook.status = 204
    const next = await start()
    next.clock.nowMs = front.clock.nowMs
    await pass(next, 300)
    expect(webhook.told.map(({ state }) => state)).toEqual(['firing'])
  })

  it('can be tried, by administrators, where there is a webhook', async () => {
    const { webhook, start } = await alertsHarness()
    const front = await start()
    const test = () => front.call('POST', '/api/alerts/test', { token: ADMIN_TOKEN })
    expect((await test()).body).toEqual({ success: true, delivered: true, answered: 204 })
    expect(webhook.told).toMatchObject([{ kind: 'test', state: 'test' }])
    webhook.status = 500
    expect((await test()).body).toEqual({ success: true, delivered: false, answered: 500 })
    const without = await harness()
    expect((await without.call('POST', '/api/alerts/test', { token: ADMIN_TOKEN })).status).toBe(501)
  })
})
