import { setTimeout as pause } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { memoryKv } from '../../shared/kv/memory.ts'
import { ADMIN_TOKEN } from '../harness.ts'
import { type AcmeFront, acmeFront, hasFailed, isIssued } from '../support/acme-front.ts'
import { readEvents } from '../support/event-reader.ts'

const NAME = 'shop.example'
const MINUTE_MS = 60_000
const DAY_MS = 86_400_000
const edge = async ({ call }: AcmeFront, name: string) =>
  (await call('GET', `/api/certificates/edge/${name}`, { token: ADMIN_TOKEN })).body.certificate

describe('a certificate of an ACME server', () => {
  it('comes for a name, is told of, and leaves no answer behind', async () => {
    const front = await acmeFront({ names: [NAME] })
    const { renewsAt } = await front.until(NAME, isIssued)
    expect(await edge(front, NAME)).toMatchObject({ origin: 'acme', names: [NAME] })
    const life = 90 * DAY_MS
    const renewal = Date.parse(renewsAt ?? '') - front.clock.nowMs
    expect(renewal).toBeGreaterThan(life * 0.6)
    expect(renewal).toBeLessThanOrEqual((life * 2) / 3)
    expect([...front.answers]).toEqual([])
    expect((await front.kv.list('acme/challenges/')).entries).toEqual([])
  })

  it('comes for fifty names at once, each ordered once, few at a time', async () => {
    const names = Array.from({ length: 50 }, (_, i) => `shop-${i}.example`)
    let [running, most] = [0, 0]
    const front = await acmeFront({
      names,
      server: {
        before({ kind }) {
          if (kind === 'newOrder') most = Math.max(most, ++running)
        },
        after({ kind }) {
          if (kind === 'certificate') running -= 1
        },
      },
    })
    for (const name of names) await front.until(name, isIssued)
    expect(front.server.orders.map(({ name }) => name).sort()).toEqual([...names].sort())
    expect(most).toBeLessThanOrEqual(8)
  })

  it('comes by the nonces that are good, however many are refused', async () => {
    let calls = 0
    const isRefused = () => ++calls % 3 !== 0
    const front = await acmeFront({
      names: [NAME],
      server: {
        before: ({ kind }) =>
          kind !== 'nonce' && kind !== 'directory' && isRefused() ? { status: 400, type: 'badNonce' } : undefined,
      },
    })
    await front.until(NAME, isIssued)
    expect(front.server.orders).toHaveLength(1)
  })

  it('waits for a server that takes long', async () => {
    const front = await acmeFront({ names: [NAME], server: { processingLooks: 3 } })
    await front.until(NAME, isIssued)
    expect(front.server.calls.filter((kind) => kind === 'order').length).toBeGreaterThan(3)
  })

  it('is asked for by one of several fronts', async () => {
    const kv = memoryKv()
    const names = ['a.example', 'b.example', 'c.example']
    const platform = { ownsStore: false }
    const one = await acmeFront({ names, kv, platform })
    const other = await acmeFront({ names, kv, platform: { ...platform, directory: one.server.directory } })
    for (const name of names) await one.until(name, isIssued)
    for (const name of names) await other.until(name, isIssued)
    expect(one.server.orders).toHaveLength(3)
  })
})

describe('a name for which there is no certificate', () => {
  it('is left alone for longer each time, up to a day, and says why', async () => {
    let asked = 0
    const look = async () => `no address for it (${++asked})`
    const front = await acmeFront({ names: [NAME], server: { look } })
    let [failures, beforeMs] = [0, 0]
    for (const least of [5, 10, 20, 40, 80, 160, 320, 640, 1_280, 1_440, 1_440]) {
      failures += 1
      const order = await front.until(NAME, (each) => each.failures === failures)
      expect(order).toMatchObject({ state: 'failed', lastError: `no address for it (${failures})` })
      const pauseMs = Date.parse(order.nextTryAt ?? '') - front.clock.nowMs
      expect(pauseMs).toBeGreaterThanOrEqual(least * MINUTE_MS)
      expect(pauseMs).toBeLessThanOrEqual(least * MINUTE_MS * 1.1)
      expect(pauseMs).toBeGreaterThanOrEqual(beforeMs * 0.9)
      // Not a moment earlier.
      front.clock.nowMs += pauseMs - 1
      front.look()
      await pause(30)
      expect(asked).toBe(failures)
      front.clock.nowMs += 1
      beforeMs = pauseMs
      front.look()
    }
  })

  it('is not left alone for years where the clock was set back', async () => {
    const front = await acmeFront({ names: [NAME], server: { look: async () => 'no address for it' } })
    await front.until(NAME, hasFailed)
    front.clock.nowMs -= 365 * DAY_MS
    front.look()
    await front.until(NAME, ({ failures }) => failures === 2)
  })

  it('is told of in an event, in the audit log and in the metrics', async () => {
    const front = await acmeFront({ names: [NAME], server: { look: async () => 'no address for it' } })
    const headers = { authorization: `Bearer ${ADMIN_TOKEN}` }
    const reader = readEvents(await front.app.request('/api/events?types=certificate', { headers }))
    await front.until(NAME, hasFailed)
    front.clock.nowMs += DAY_MS
    front.look()
    const { data } = await reader.until(({ name }) => name === 'certificate.edge-failed')
    await reader.close()
    expect(data).toMatchObject({ name: NAME, state: 'failed', lastError: 'no address for it' })
    const { entries } = (await front.call('GET', '/api/audit', { token: ADMIN_TOKEN })).body
    expect(entries).toContainEqual(expect.objectContaining({ action: 'edge.fail', target: NAME, outcome: 'refused' }))
    const metrics = (await front.call('GET', '/api/metrics', { token: ADMIN_TOKEN })).body
    expect(metrics).toContain('front_certificate_orders{state="failed"} 1')
  })

  it('waits as long as the server wants, and keeps nobody else waiting', async () => {
    const front = await acmeFront({
      names: ['limited.example', NAME],
      server: {
        before: ({ kind, payload }) =>
          kind === 'newOrder' && JSON.stringify(payload).includes('limited')
            ? { status: 429, type: 'rateLimited', detail: 'too many', headers: { 'retry-after': '7200' } }
            : undefined,
      },
    })
    await front.until(NAME, isIssued)
    const { nextTryAt, lastError } = await front.until('limited.example', hasFailed)
    expect(lastError).toBe('too many')
    expect(Date.parse(nextTryAt ?? '') - front.clock.nowMs).toBeGreaterThanOrEqual(7_200_000)
  })

  it('is one of few that are asked for where the server refuses all', async () => {
    const names = Array.from({ length: 40 }, (_, i) => `shop-${i}.example`)
    const front = await acmeFront({
      names,
      server: {
        before: ({ kind }) =>
          kind === 'newOrder' ? { status: 429, type: 'rateLimited', headers: { 'retry-after': '3600' } } : undefined,
      },
    })
    await front.until('shop-0.example', hasFailed)
    await pause(300)
    expect(front.server.calls.filter((kind) => kind === 'newOrder').length).toBeLessThanOrEqual(16)
  })

  it('is one of few that are tried while the server is not there', async () => {
    const names = Array.from({ length: 40 }, (_, i) => `shop-${i}.example`)
    let isDown = true
    const front = await acmeFront({
      names,
      server: {
        before: ({ kind }) => (kind === 'account' && isDown ? { status: 500, type: 'serverInternal' } : undefined),
      },
    })
    await front.until('shop-0.example', hasFailed)
    await pause(300)
    expect(front.server.calls.filter((kind) => kind === 'account').length).toBeLessThanOrEqual(16)
    isDown = false
    front.clock.nowMs += DAY_MS
    front.look()
    for (const name of names) await front.until(name, isIssued)
    expect(front.server.orders).toHaveLength(40)
  })

  it('is tried again soon where the server was not there, with the same order', async () => {
    let isDown = true
    const front = await acmeFront({
      names: [NAME],
      server: {
        before: ({ kind }) => (kind === 'finalize' && isDown ? { status: 500, type: 'serverInternal' } : undefined),
      },
    })
    const { nextTryAt } = await front.until(NAME, hasFailed)
    expect(Date.parse(nextTryAt ?? '') - front.clock.nowMs).toBeLessThan(MINUTE_MS)
    isDown = false
    front.clock.nowMs += MINUTE_MS
    front.look()
    await front.until(NAME, isIssued)
    expect(front.server.orders).toHaveLength(1)
  })

  it('is a wildcard without a DNS provider', async () => {
    const front = await acmeFront({ names: ['*.shop.example'] })
    const { lastError } = await front.until('*.shop.example', hasFailed)
    expect(lastError).toContain('No DNS provider is set')
  })
})

describe('a renewal', () => {
  it('comes at its time, with another key, and names what it replaces', async () => {
    const window = { start: '2030-02-01T00:00:00Z', end: '2030-02-02T00:00:00Z' }
    const front = await acmeFront({ names: [NAME], server: { window } })
    const { renewsAt } = await front.until(NAME, isIssued)
    const first = await edge(front, NAME)
    // The server says when, within six hours.
    front.clock.nowMs += 7 * 3_600_000
    front.look()
    const moved = await front.until(NAME, (order) => order.renewsAt !== renewsAt)
    expect(moved.renewsAt?.slice(0, 7)).toBe('2030-02')
    front.clock.nowMs = Date.parse(moved.renewsAt ?? '')
    front.look()
    await front.until(NAME, (order) => isIssued(order) && order.renewsAt !== moved.renewsAt)
    const second = await edge(front, NAME)
    expect(second.fingerprint).not.toBe(first.fingerprint)
    expect(front.server.orders.map(({ replaces }) => replaces)).toEqual([
      undefined,
      expect.stringMatching(/^[\w-]+\.[\w-]+$/),
    ])
  })

  it('comes without naming it where the server refuses that', async () => {
    const front = await acmeFront({
      names: [NAME],
      server: {
        before: ({ kind, payload }) =>
          kind === 'newOrder' && payload.replaces ? { status: 409, type: 'alreadyReplaced' } : undefined,
      },
    })
    await front.until(NAME, isIssued)
    const first = await edge(front, NAME)
    const { status } = await front.call('POST', `/api/certificates/edge/${NAME}/renew`, { token: ADMIN_TOKEN })
    expect(status).toBe(202)
    await front.until(NAME, isIssued)
    while ((await edge(front, NAME)).fingerprint === first.fingerprint) await pause(20)
    expect(front.server.orders).toHaveLength(2)
  })

  it('follows a revocation', async () => {
    const front = await acmeFront({ names: [NAME] })
    await front.until(NAME, isIssued)
    const first = await edge(front, NAME)
    const path = `/api/certificates/edge/${NAME}/revoke`
    const { status } = await front.call('POST', path, { token: ADMIN_TOKEN, body: { reason: 'keyCompromise' } })
    expect(status).toBe(202)
    expect(front.server.revoked).toHaveLength(1)
    while ((await edge(front, NAME)).fingerprint === first.fingerprint) await pause(20)
  })

  it('is missed by nobody once the name is not wanted any more', async () => {
    const names = [NAME]
    const front = await acmeFront({ names })
    await front.until(NAME, isIssued)
    const { fingerprint } = await edge(front, NAME)
    const health = async () => {
      await front.maintain()
      return (await front.call('GET', '/api/health')).body.checks.certificates
    }
    const isUnwanted = async () => (await front.services.acme?.names())?.some(({ unwanted }) => unwanted)
    names.length = 0
    front.look()
    while (!(await isUnwanted())) await pause(10)
    front.clock.nowMs += 85 * DAY_MS
    expect(await health()).toBe('ok')
    names.push(NAME)
    front.look()
    while ((await edge(front, NAME)).fingerprint === fingerprint) await pause(20)
    expect(await isUnwanted()).toBe(false)
  })

  it('comes from the server that is set now', async () => {
    const kv = memoryKv()
    const staging = await acmeFront({ names: [NAME], kv })
    await staging.until(NAME, isIssued)
    const first = await edge(staging, NAME)
    await staging.services.acme?.stop()
    const production = await acmeFront({ names: [NAME], kv })
    while ((await edge(production, NAME)).fingerprint === first.fingerprint) await pause(20)
    expect(production.server.orders).toHaveLength(1)
  })
})
