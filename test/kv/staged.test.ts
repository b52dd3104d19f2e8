import { describe, expect, it } from 'vitest'
import type { Kv } from '../../shared/kv/kv.ts'
import { memoryKv } from '../../shared/kv/memory.ts'
import { stagedKv } from '../../shared/kv/staged/staged.ts'
import { collect, forget, keysOf, kvConformance, put } from './conformance.ts'

kvConformance('staged over memory', {
  open: async () => stagedKv(memoryKv({ keptRevisions: 1_000 })),
  compact: forget,
})

/** As narrow as etcd. */
const narrow = (): Kv => ({ ...memoryKv(), maxOperations: 100 })
const hosts = (count: number) => Array.from({ length: count }, (_, i) => `host/${String(i).padStart(5, '0')}`)
const claimAll = (keys: string[], value: number) =>
  [keys.map((key) => ({ key, version: null })), keys.map((key) => ({ key, value }))] as const

class Killed extends Error {}

/** A store whose process dies at one of its commits: before it reached the engine, or before the answer came back. */
function dyingKv(kv: Kv, { atCommit, when }: { atCommit: number; when: 'before' | 'after' }): Kv {
  let commits = 0
  const dead = () => commits > atCommit || (commits === atCommit && when === 'before')
  const alive =
    <A extends unknown[], R>(call: (...args: A) => Promise<R>) =>
    async (...args: A) => {
      if (dead()) throw new Killed()
      return call(...args)
    }
  return {
    ...kv,
    get: alive(kv.get) as Kv['get'],
    list: alive(kv.list) as Kv['list'],
    async commit(checks, writes) {
      commits += 1
      if (dead()) throw new Killed()
      const result = await kv.commit(checks, writes)
      if (commits === atCommit) commits += 1
      if (dead()) throw new Killed()
      return result
    },
  }
}

describe('a commit larger than the engine takes', () => {
  it('happens as one, with every check', async () => {
    const kv = stagedKv(narrow())
    const keys = hosts(1_000)
    expect(await kv.commit(...claimAll(keys, 1))).toMatchObject({ ok: true })
    expect(await keysOf(kv, '')).toEqual(keys)

    const version = (await kv.get(keys[500] as string))?.version ?? null
    const writes = keys.map((key) => ({ key, delete: true }) as const)
    expect(
      await kv.commit(
        [{ key: keys[500] as string, version: 1 }, ...keys.slice(0, 200).map((key) => ({ key, version }))],
        writes,
      ),
    ).toEqual({ ok: false })
    expect(await keysOf(kv, '')).toEqual(keys)
    expect(await kv.commit([], writes)).toMatchObject({ ok: true })
    expect(await keysOf(kv, '')).toEqual([])
  })

  it('is undone when one of its keys is taken', async () => {
    const raw = narrow()
    const kv = stagedKv(raw)
    await put(kv, 'host/00950', 'taken')
    const before = await kv.list('')
    expect(await kv.commit(...claimAll(hosts(1_000), 1))).toEqual({ ok: false })
    expect((await raw.list('')).entries.map(({ key, value }) => ({ key, value }))).toEqual(
      before.entries.map(({ key, value }) => ({ key, value })),
    )
  })

  it('is undone when a key that it only checks does not hold', async () => {
    const kv = stagedKv(narrow())
    const [checks, writes] = claimAll(hosts(300), 1)
    expect(await kv.commit([...checks, { key: 'zone', version: 7 }], writes)).toEqual({ ok: false })
    await put(kv, 'zone', 'kept')
    const version = (await kv.get('zone'))?.version ?? null
    expect(await kv.commit([...checks, { key: 'zone', version }], writes)).toMatchObject({ ok: true })
    expect((await kv.get('zone'))?.value).toBe('kept')
  })

  it('splits by bytes too', async () => {
    const kv = stagedKv({ ...memoryKv(), maxCommitBytes: 100_000 })
    const keys = hosts(20)
    const value = 'x'.repeat(20_000)
    expect(
      await kv.commit(
        [],
        keys.map((key) => ({ key, value })),
      ),
    ).toMatchObject({ ok: true })
    expect(
      await kv.commit(
        [],
        keys.map((key) => ({ key, value: 1 })),
      ),
    ).toMatchObject({ ok: true })
    expect((await kv.list('')).entries.map((entry) => entry.value)).toEqual(keys.map(() => 1))
  })

  it('takes keys of any length, however many the engine takes at once', async () => {
    const kv = stagedKv(memoryKv())
    const keys = hosts(12_000).map((host) => `${host}/${'x'.repeat(480)}`)
    expect(await kv.commit(...claimAll(keys, 1))).toMatchObject({ ok: true })
    expect(await keysOf(kv, '')).toEqual(keys)
  })

  it('is all there for readers or not at all, at every moment', async () => {
    const raw = narrow()
    const views: number[] = []
    const spied: Kv = {
      ...raw,
      async commit(checks, writes) {
        const result = await raw.commit(checks, writes)
        const reader = stagedKv(raw)
        const listed = (await reader.list('host/')).entries.length
        const single = await Promise.all(['host/00000', 'host/00499'].map((key) => reader.get(key)))
        expect(single.map((entry) => entry !== null)).toEqual([listed > 0, listed > 0])
        views.push(listed)
        return result
      },
    }
    await stagedKv(spied).commit(...claimAll(hosts(500), 1))
    expect(new Set(views)).toEqual(new Set([0, 500]))
    expect(views).toEqual(views.toSorted((a, b) => a - b))
  })

  it('tells watchers of each key once, with its plain value', async () => {
    const kv = stagedKv(narrow())
    const keys = hosts(250)
    const seen = collect(kv, '', 0, 3)
    await kv.commit(...claimAll(keys, 1))
    const changes = (await seen).flatMap((set) => set.changes)
    expect(changes.map(({ key }) => key)).toEqual(keys)
    expect(changes.every((change) => !change.deleted && change.value === 1)).toBe(true)
  })

  it('gives hosts that two commits want to one of them, whole', async () => {
    const raw = narrow()
    const [left, right] = [stagedKv(raw), stagedKv(raw)]
    for (let round = 0; round < 10; round++) {
      const results = await Promise.all([
        left.commit(...claimAll(hosts(300), 1)),
        right.commit(...claimAll(hosts(300).reverse(), 2)),
      ])
      const values = new Set((await left.list('host/')).entries.map((entry) => entry.value))
      expect(values.size).toBeLessThanOrEqual(1)
      for (const [i, result] of results.entries()) expect(values.has(i + 1)).toBe(result.ok)
      await left.commit(
        [],
        hosts(300).map((key) => ({ key, delete: true })),
      )
    }
  })

  it('refuses a small write that was based on what it changes', async () => {
    const raw = narrow()
    const first = stagedKv(raw)
    await first.commit(...claimAll(hosts(200), 0))
    const based = await first.get<number>('host/00007')
    let interfered: unknown
    const spied: Kv = {
      ...raw,
      async commit(checks, writes) {
        const result = await raw.commit(checks, writes)
        const seen = await first.get<number>('host/00007')
        interfered ??=
          seen?.version === based?.version && writes.length > 50
            ? await first.commit(
                [{ key: 'host/00007', version: seen?.version ?? null }],
                [{ key: 'host/00007', value: 99 }],
              )
            : undefined
        return result
      },
    }
    expect(
      await stagedKv(spied).commit(
        [],
        hosts(200).map((key) => ({ key, value: 1 })),
      ),
    ).toMatchObject({ ok: true })
    expect(interfered).toEqual({ ok: false })
    expect((await first.get('host/00007'))?.value).toBe(1)
  })
})

describe('a process that dies while it stages 10,000 writes', () => {
  const keys = hosts(10_000)
  const steps = Math.ceil(keys.length / 98)
  // The first, the last before the decision, the decision, the first after it, the last; and some between.
  const moments = [1, 2, 3, 40, steps, steps + 1, steps + 2, steps + 3, steps + 40, 2 * steps + 2, 2 * steps + 3]
  const all = Array.from({ length: 2 * steps + 3 }, (_, i) => i + 1)

  it.each(
    (process.env.FAULTS === 'full' ? all : moments).flatMap((atCommit) => [
      { atCommit, when: 'before' as const },
      { atCommit, when: 'after' as const },
    ]),
  )('leaves all of it or none, killed $when the answer of commit $atCommit', async (death) => {
    const raw = narrow()
    await put(raw, keys[0] as string, 'old')
    const version = (await raw.get(keys[0] as string))?.version ?? null
    const [checks, writes] = claimAll(keys, 1)
    const acknowledged = await stagedKv(dyingKv(raw, death))
      .commit([{ key: keys[0] as string, version }, ...checks.slice(1)], writes)
      .then(
        (result) => result.ok,
        (error) => {
          if (!(error instanceof Killed)) throw error
          return false
        },
      )
    const later = stagedKv(raw, { now: () => Date.now() + 60_000 })
    const seenBefore = (await later.list('host/')).entries.length
    await later.recover()
    const values = await valuesOf(raw)
    expect(values.get('1') === keys.length || (values.get('"old"') === 1 && values.size === 1)).toBe(true)
    if (acknowledged) expect(values.get('1')).toBe(keys.length)
    expect((await later.list('host/')).entries.length).toBe(seenBefore)
    expect((await raw.list('~')).entries).toEqual([])
  })
})

/** How often each value stands in the raw store. */
async function valuesOf(kv: Kv): Promise<Map<string, number>> {
  const counts = new Map<string, number>()
  for (let after: string | null = ''; after !== null; ) {
    const page: Awaited<ReturnType<Kv['list']>> = await kv.list('', { after })
    for (const { value } of page.entries)
      counts.set(JSON.stringify(value), (counts.get(JSON.stringify(value)) ?? 0) + 1)
    after = page.next
  }
  return counts
}
