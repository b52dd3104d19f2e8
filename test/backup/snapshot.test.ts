import { describe, expect, it, onTestFinished } from 'vitest'
import { type StoreRecord, snapshot } from '../../shared/backup/snapshot.ts'
import type { Json, Kv } from '../../shared/kv/kv.ts'
import { memoryKv } from '../../shared/kv/memory.ts'
import { stagedKv } from '../../shared/kv/staged/staged.ts'
import { sleep } from '../../shared/lib/sleep.ts'
import { ADMIN_TOKEN } from '../harness.ts'
import { anyFront, expectSame, exportOf, furnish, importInto } from './support.ts'

const newId = () => crypto.randomUUID()

function open(options: Partial<Kv> = {}): Kv {
  const kv = { ...memoryKv(), ...options }
  onTestFinished(() => kv.close())
  return kv
}

/** Commits take a moment, and are heard of later still. */
function slowly(kv: Kv): Kv {
  return {
    ...kv,
    async commit(checks, writes) {
      await sleep(2)
      return kv.commit(checks, writes)
    },
    async *watch(prefix, options) {
      for await (const change of kv.watch(prefix, options)) {
        await sleep(5)
        yield change
      }
    },
  }
}

/** What comes of applying it. */
async function applied(
  batches: AsyncIterable<StoreRecord[]>,
  between: () => Promise<void>,
): Promise<Map<string, Json>> {
  const state = new Map<string, Json>()
  for await (const batch of batches) {
    for (const record of batch) {
      if ('deleted' in record) state.delete(record.key)
      else state.set(record.key, record.value)
    }
    await between()
  }
  return state
}

const set = (kv: Kv, entries: Record<string, Json>) =>
  kv.commit(
    [],
    Object.entries(entries).map(([key, value]) => ({ key, value })),
  )

describe('a snapshot', () => {
  it('is the store at one revision, whatever is written while it is read', async () => {
    const kv = slowly(open())
    // Two keys that are always equal, one before and one behind all others.
    await set(kv, { 'a/first': 0, 'z/last': 0 })
    for (let i = 0; i < 3_000; i += 500) {
      const keys = Array.from({ length: 500 }, (_, n) => `m/${String(i + n).padStart(5, '0')}`)
      await set(kv, Object.fromEntries(keys.map((key) => [key, 0])))
    }
    let turn = 0
    const write = async () => {
      turn += 1
      await set(kv, { 'a/first': turn, 'z/last': turn, [`m/00${turn}`]: turn })
      await kv.commit([], [{ key: `m/000${String(turn).padStart(2, '0')}`, delete: true }])
    }
    const state = await applied(snapshot(kv, { newId }), async () => (turn < 20 ? write() : undefined))
    expect(turn).toBeGreaterThan(5)
    expect(state.get('a/first')).toBe(state.get('z/last'))
    expect(state.get('a/first')).toBeGreaterThan(3)
    expect([...state.keys()].filter((key) => key.startsWith('~'))).toEqual([])
  })

  it('has all of a staged commit or nothing of it, and waits until it is decided', async () => {
    const engine = slowly(open({ maxOperations: 20 }))
    const kv = stagedKv(engine)
    const many = (value: number): Record<string, Json> => ({
      ...{ 'a/first': value, 'z/last': value },
      ...Object.fromEntries(Array.from({ length: 100 }, (_, n) => [`m/${n}`, value])),
    })
    await set(kv, many(0))
    for (let round = 1; round <= 20; round++) {
      const writing = set(kv, many(round))
      await sleep(2 * round)
      const state = await applied(snapshot(engine, { newId }), async () => undefined)
      await writing
      expect([round, state.size, new Set([...state.values()]).size]).toEqual([round, 102, 1])
      expect([...state.keys()].filter((key) => key.startsWith('~'))).toEqual([])
    }
  })

  it('says so when it cannot keep up, rather than leaving something out', async () => {
    const kv = memoryKv({ keptRevisions: 10 })
    onTestFinished(() => kv.close())
    await set(kv, { 'a/first': 0 })
    const flood = async () => {
      for (let i = 0; i < 50; i++) await set(kv, { 'a/first': i })
    }
    const sets = snapshot(
      {
        ...kv,
        list: async (...given) => {
          const page = await kv.list(...given)
          await flood()
          return page as never
        },
      },
      { newId },
    )
    await expect(applied(sets, async () => undefined)).rejects.toMatchObject({ code: 'STORE_COMPACTED' })
  })
})

it('an export while others write is a front that can be', async () => {
  const one = await anyFront()
  await furnish(one)
  let writing = true
  const writer = (async () => {
    for (let i = 0; writing; i++) {
      const body = { agentId: 'vps-1', subdomain: `app-${i % 5}`, targetUrl: `http://203.0.113.7:${3000 + i}` }
      await one.call('POST', '/api/proxy/http', { token: ADMIN_TOKEN, body })
      await one.call('DELETE', '/api/proxy', {
        token: ADMIN_TOKEN,
        body: { agentId: 'vps-1', type: 'http', subdomain: `app-${(i + 2) % 5}` },
      })
    }
  })()
  const document = await exportOf(one).finally(() => {
    writing = false
  })
  await writer
  const other = await anyFront()
  expect((await importInto(other, document)).status).toBe(200)

  const routes = (await other.kv.list<{ agentId: string; host: string; type: string }>('routes/')).entries
  const claims = (await other.kv.list<{ agentId?: string }>('claims/')).entries
  const counts = (await other.kv.list<{ count: number }>('route-counts/')).entries
  const held = claims.filter(({ value }) => 'agentId' in value).map(({ key }) => key.slice('claims/'.length))
  const hosts = new Set(routes.flatMap(({ value }) => (value.type === 'http' ? [value.host] : [])))
  expect(held.sort()).toEqual([...hosts].sort())
  expect(counts.reduce((sum, { value }) => sum + value.count, 0)).toBe(routes.length)
  const again = await anyFront()
  expect((await importInto(again, await exportOf(other))).status).toBe(200)
  await expectSame(other.kv, again.kv)
})
