import { createHmac } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { memoryKv } from '../../shared/kv/memory.ts'
import { ADMIN_TOKEN, harness } from '../harness.ts'
import { fakeGateway } from '../support/fake-gateway.ts'

const SECRET = 'the-secret-of-the-webhook'

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
  return { node, webhook, start, pass }
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
