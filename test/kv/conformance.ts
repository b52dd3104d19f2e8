import { describe, expect, it, onTestFinished } from 'vitest'
import type { Change, ChangeSet, Json, Kv } from '../../shared/kv/kv.ts'
import { MAX_VALUE_BYTES } from '../../shared/kv/limits.ts'

/** What every store promises. `open` gives an empty one; `compact` makes it forget all changes so far. */
export interface Adapter {
  open(): Promise<Kv>
  /** Another handle on the same data, for stores that several processes may share. */
  reopen?(kv: Kv): Promise<Kv>
  compact(kv: Kv): Promise<void>
}

export function kvConformance(name: string, adapter: Adapter): void {
  const open = async () => {
    const kv = await adapter.open()
    onTestFinished(() => kv.close())
    return kv
  }

  describe(`kv: ${name}`, () => {
    describe('get and commit', () => {
      it('knows nothing at first', async () => {
        const kv = await open()
        expect(await kv.get('a')).toBeNull()
        expect((await kv.list('')).entries).toEqual([])
      })

      it('gives back what was put, with the revision of its commit as version', async () => {
        const kv = await open()
        const revision = await put(kv, 'a', { n: 1 })
        expect(await kv.get('a')).toEqual({ key: 'a', value: { n: 1 }, version: revision })
      })

      it.each<[string, Json]>([
        ['null', null],
        ['false', false],
        ['zero', 0],
        ['an empty string', ''],
        ['a negative fraction', -1.5],
        ['a nested list', [1, [2, { a: [] }]]],
        ['text beyond ASCII', 'zażółć 日本語 🦊 \u0000\u007f\u2028"\\'],
        ['the largest value', 'x'.repeat(MAX_VALUE_BYTES - 2)],
      ])('keeps %s', async (_, value) => {
        const kv = await open()
        await put(kv, 'a', value)
        expect((await kv.get('a'))?.value).toEqual(value)
      })

      it('keeps keys of every printable character apart', async () => {
        const kv = await open()
        const keys = Array.from({ length: 94 }, (_, i) => `k/${String.fromCharCode(0x21 + i)}`)
        await kv.commit(
          [],
          keys.map((key) => ({ key, value: key })),
        )
        expect((await kv.list('k/')).entries.map((entry) => entry.value)).toEqual(keys)
      })

      it('raises the version with each commit, the same for all keys of one', async () => {
        const kv = await open()
        const first = await put(kv, 'a', 1)
        const result = await kv.commit(
          [],
          [
            { key: 'a', value: 2 },
            { key: 'b', value: 2 },
          ],
        )
        const versions = [await kv.get('a'), await kv.get('b')].map((entry) => entry?.version)
        expect(result.ok && versions).toEqual([result.ok && result.revision, result.ok && result.revision])
        expect(versions[0]).toBeGreaterThan(first)
      })

      it('deletes', async () => {
        const kv = await open()
        await put(kv, 'a', 1)
        expect(
          await kv.commit(
            [],
            [
              { key: 'a', delete: true },
              { key: 'never', delete: true },
            ],
          ),
        ).toMatchObject({ ok: true })
        expect(await kv.get('a')).toBeNull()
      })

      it('gives a version to a key that was deleted and made again that it never had', async () => {
        const kv = await open()
        const first = await put(kv, 'a', 1)
        await kv.commit([], [{ key: 'a', delete: true }])
        expect(await put(kv, 'a', 1)).toBeGreaterThan(first)
      })

      it('writes nothing when one of many checks does not hold', async () => {
        const kv = await open()
        const version = await put(kv, 'a', 1)
        const before = (await kv.list('')).entries
        for (const checks of [
          [{ key: 'a', version: null }],
          [{ key: 'a', version: version + 1 }],
          [{ key: 'b', version }],
          [
            { key: 'a', version },
            { key: 'b', version: 1 },
          ],
        ]) {
          expect(
            await kv.commit(checks, [
              { key: 'a', value: 2 },
              { key: 'c', value: 2 },
            ]),
          ).toEqual({ ok: false })
        }
        expect((await kv.list('')).entries).toEqual(before)
      })

      it('writes everything when all checks hold', async () => {
        const kv = await open()
        const version = await put(kv, 'a', 1)
        const checks = [
          { key: 'a', version },
          { key: 'b', version: null },
        ]
        expect(
          await kv.commit(checks, [
            { key: 'a', delete: true },
            { key: 'b', value: 2 },
          ]),
        ).toMatchObject({ ok: true })
        expect((await kv.list('')).entries.map((entry) => entry.key)).toEqual(['b'])
      })

      it('checks without writing', async () => {
        const kv = await open()
        const version = await put(kv, 'a', 1)
        expect(await kv.commit([{ key: 'a', version }], [])).toMatchObject({ ok: true })
        expect(await kv.commit([{ key: 'a', version: null }], [])).toEqual({ ok: false })
      })

      it('takes a commit as large as it says', async () => {
        const kv = await open()
        const keys = Array.from(
          { length: Math.min(kv.maxOperations, 10_000) },
          (_, i) => `k/${String(i).padStart(6, '0')}`,
        )
        const checks = keys.map((key) => ({ key, version: null }))
        expect(
          await kv.commit(
            checks,
            keys.map((key) => ({ key, value: 1 })),
          ),
        ).toMatchObject({ ok: true })
        expect(await keysOf(kv, 'k/')).toEqual(keys)
      })

      it.each<[string, (kv: Kv) => Promise<unknown>]>([
        [
          'more operations than it takes',
          (kv) =>
            kv.commit(
              [],
              Array.from({ length: kv.maxOperations + 1 }, (_, i) => ({ key: `k${i}`, value: 1 })),
            ),
        ],
        [
          'one key written twice',
          (kv) =>
            kv.commit(
              [],
              [
                { key: 'a', value: 1 },
                { key: 'a', delete: true },
              ],
            ),
        ],
        ['an empty key', (kv) => kv.commit([], [{ key: '', value: 1 }])],
        ['a key with a space', (kv) => kv.commit([], [{ key: 'a b', value: 1 }])],
        ['a key beyond ASCII', (kv) => kv.commit([{ key: 'ä', version: null }], [])],
        ['a key too long', (kv) => kv.commit([], [{ key: 'k'.repeat(513), value: 1 }])],
        [
          'a value too large',
          (kv) =>
            kv.commit(
              [],
              [
                { key: 'first', value: 1 },
                { key: 'a', value: 'x'.repeat(MAX_VALUE_BYTES) },
              ],
            ),
        ],
      ])('refuses %s and changes nothing', async (_, attempt) => {
        const kv = await open()
        await expect(attempt(kv)).rejects.toThrow(RangeError)
        expect((await kv.list('')).entries).toEqual([])
      })
    })

    describe('list', () => {
      it('pages through a large list in key order, each key once', async () => {
        const kv = await open()
        const keys = Array.from({ length: 2_500 }, (_, i) => `k/${String(i).padStart(5, '0')}`)
        await putAll(kv, [...keys].reverse())
        expect(await keysOf(kv, 'k/')).toEqual(keys)
        expect(await keysOf(kv, 'k/', 7)).toEqual(keys)
        expect((await kv.list('k/', { limit: 10_000 })).entries).toHaveLength(1_000)
      })

      it('stays within the prefix', async () => {
        const kv = await open()
        await putAll(kv, ['a', 'a/', 'a/1', 'a/2', 'a0', 'b/1', '~'])
        expect(await keysOf(kv, 'a/')).toEqual(['a/', 'a/1', 'a/2'])
        expect(await keysOf(kv, 'a')).toEqual(['a', 'a/', 'a/1', 'a/2', 'a0'])
        expect(await keysOf(kv, '')).toEqual(['a', 'a/', 'a/1', 'a/2', 'a0', 'b/1', '~'])
        expect(await keysOf(kv, 'z')).toEqual([])
      })

      it('goes on after a key that is gone, or that was never there', async () => {
        const kv = await open()
        await putAll(kv, ['k/1', 'k/2', 'k/3'])
        await kv.commit([], [{ key: 'k/2', delete: true }])
        expect((await kv.list('k/', { after: 'k/2' })).entries.map((entry) => entry.key)).toEqual(['k/3'])
        expect((await kv.list('k/', { after: 'a' })).entries.map((entry) => entry.key)).toEqual(['k/1', 'k/3'])
      })

      it('says there is no more when the page ends with the list', async () => {
        const kv = await open()
        await putAll(kv, ['k/1', 'k/2'])
        expect((await kv.list('k/', { limit: 2 })).next).toBeNull()
        expect((await kv.list('k/', { limit: 1 })).next).toBe('k/1')
      })
    })

    describe('races', () => {
      it('gives each version of one key to exactly one of 200 writers', async () => {
        const kv = await open()
        await put(kv, 'counter', 0)
        for (let round = 1; round <= 3; round++) {
          const entry = await kv.get<number>('counter')
          const racing = Array.from({ length: 200 }, () =>
            kv.commit([{ key: 'counter', version: entry?.version ?? null }], [{ key: 'counter', value: round }]),
          )
          expect((await Promise.all(racing)).filter((result) => result.ok)).toHaveLength(1)
        }
        expect((await kv.get('counter'))?.value).toBe(3)
      })

      it('gives an absent key to exactly one of 200 writers', async () => {
        const kv = await open()
        const racing = Array.from({ length: 200 }, (_, i) =>
          kv.commit([{ key: 'host', version: null }], [{ key: 'host', value: i }]),
        )
        const results = await Promise.all(racing)
        expect(results.filter((result) => result.ok)).toHaveLength(1)
        expect((await kv.get('host'))?.value).toBe(results.findIndex((result) => result.ok))
      })

      it('loses no increment of 20 writers that try again', async () => {
        const kv = await open()
        await put(kv, 'counter', 0)
        const increment = async (): Promise<void> => {
          const entry = await kv.get<number>('counter')
          const result = await kv.commit(
            [{ key: 'counter', version: entry?.version ?? null }],
            [{ key: 'counter', value: (entry?.value ?? 0) + 1 }],
          )
          return result.ok ? undefined : increment()
        }
        await Promise.all(Array.from({ length: 20 }, increment))
        expect((await kv.get('counter'))?.value).toBe(20)
      })

      it('never swaps halves of two commits over the same keys', async () => {
        const kv = await open()
        const commits = Array.from({ length: 50 }, (_, i) =>
          kv.commit(
            [],
            [
              { key: 'left', value: i },
              { key: 'right', value: i },
            ],
          ),
        )
        await Promise.all(commits)
        const [left, right] = [await kv.get('left'), await kv.get('right')]
        expect(left?.value).toBe(right?.value)
        expect(left?.version).toBe(right?.version)
      })
    })

    describe('watch', () => {
      it('reports what comes after the revision, each commit as one, in order', async () => {
        const kv = await open()
        const from = await put(kv, 'a/0', 0)
        const seen = collect(kv, 'a/', from, 3)
        await kv.commit(
          [],
          [
            { key: 'a/1', value: 1 },
            { key: 'a/2', value: 2 },
          ],
        )
        await put(kv, 'b/1', 'elsewhere')
        await kv.commit(
          [],
          [
            { key: 'a/1', delete: true },
            { key: 'a/none', delete: true },
          ],
        )
        await kv.commit(
          [],
          [
            { key: 'a/2', value: { new: true } },
            { key: 'b/1', value: 'elsewhere' },
          ],
        )
        const sets = await seen
        expect(sets.map(({ changes }) => changes.map(summary).sort())).toEqual([
          ['a/1=1', 'a/2=2'],
          ['a/1 gone'],
          ['a/2={"new":true}'],
        ])
        for (const { revision, changes } of sets)
          expect(changes.every((change) => change.version === revision)).toBe(true)
        expect(sets.map((set) => set.revision)).toEqual(sets.map((set) => set.revision).sort((a, b) => a - b))
      })

      it('gives a watcher that was away every change since, in batches of any number', async () => {
        const kv = await open()
        const { revision } = await kv.list('')
        const values = Array.from({ length: 600 }, (_, i) => i)
        for (const value of values) await put(kv, 'a', value)
        const sets = await collect(kv, '', revision, values.length)
        expect(sets.flatMap((set) => set.changes.map((change) => !change.deleted && change.value))).toEqual(values)
      })

      it('resumes from any change set that was seen', async () => {
        const kv = await open()
        const { revision } = await kv.list('')
        for (const value of [1, 2, 3]) await put(kv, 'a', value)
        const [first] = await collect(kv, '', revision, 1)
        const rest = await collect(kv, '', first?.revision ?? 0, 2)
        expect(rest.flatMap((set) => set.changes.map(summary))).toEqual(['a=2', 'a=3'])
      })

      it('serves many watchers, each at its own pace', async () => {
        const kv = await open()
        const { revision } = await kv.list('')
        const watchers = Array.from({ length: 10 }, (_, i) => collect(kv, i % 2 ? 'odd/' : '', revision, 5))
        for (let i = 0; i < 10; i++) await put(kv, i % 2 ? `odd/${i}` : `even/${i}`, i)
        for (const [i, sets] of (await Promise.all(watchers)).entries()) {
          expect(sets.flatMap((set) => set.changes.map((change) => change.key))).toEqual(
            i % 2 ? ['odd/1', 'odd/3', 'odd/5', 'odd/7', 'odd/9'] : ['even/0', 'odd/1', 'even/2', 'odd/3', 'even/4'],
          )
        }
      })

      it('says that it must list again when the changes are forgotten', async () => {
        const kv = await open()
        const { revision } = await kv.list('')
        for (const value of [1, 2, 3]) await put(kv, 'a', value)
        await adapter.compact(kv)
        await expect(collect(kv, '', revision, 1)).rejects.toMatchObject({ code: 'STORE_COMPACTED' })
        const page = await kv.list('')
        const seen = collect(kv, '', page.revision, 1)
        await put(kv, 'a', 4)
        expect((await seen).flatMap((set) => set.changes.map(summary))).toEqual(['a=4'])
      })

      it('says so too for a revision that is not its own', async () => {
        const kv = await open()
        await expect(collect(kv, '', 1_000_000_000, 1)).rejects.toMatchObject({ code: 'STORE_COMPACTED' })
      })

      it('ends quietly when the signal is aborted', async () => {
        const kv = await open()
        const stop = new AbortController()
        const ended = drain(kv.watch('', { from: (await kv.list('')).revision, signal: stop.signal }))
        await put(kv, 'a', 1)
        stop.abort()
        await expect(ended).resolves.toBeUndefined()
        await expect(drain(kv.watch('', { from: 0, signal: stop.signal }))).resolves.toBeUndefined()
      })

      it('ends quietly when the store is closed', async () => {
        const kv = await open()
        const ended = drain(kv.watch('', { from: (await kv.list('')).revision, signal: new AbortController().signal }))
        await kv.close()
        await expect(ended).resolves.toBeUndefined()
      })
    })

    describe('expiry', () => {
      it('lets a key go when its time is over, and reports it', async () => {
        const kv = await open()
        const { revision } = await kv.list('')
        const seen = collect(kv, '', revision, 2)
        await kv.commit([], [{ key: 'session', value: 1, expiresInSeconds: 1 }])
        expect((await kv.get('session'))?.value).toBe(1)
        expect((await seen).flatMap((set) => set.changes.map(summary))).toEqual(['session=1', 'session gone'])
        expect(await kv.get('session')).toBeNull()
        expect((await kv.list('')).entries).toEqual([])
        expect(await kv.commit([{ key: 'session', version: null }], [{ key: 'session', value: 2 }])).toMatchObject({
          ok: true,
        })
      })

      it('forgets the expiry when the key is written again without one', async () => {
        const kv = await open()
        const { revision } = await kv.list('')
        const seen = collect(kv, 'marker', revision, 2)
        await kv.commit([], [{ key: 'kept', value: 1, expiresInSeconds: 1 }])
        await put(kv, 'kept', 2)
        await kv.commit([], [{ key: 'marker', value: 1, expiresInSeconds: 1 }])
        await seen
        expect((await kv.get('kept'))?.value).toBe(2)
      })

      it('takes an expiry of many years', async () => {
        const kv = await open()
        await kv.commit([], [{ key: 'a', value: 1, expiresInSeconds: 5 * 365 * 86_400 }])
        await put(kv, 'b', 1)
        expect((await kv.get('a'))?.value).toBe(1)
      })
    })

    describe.runIf(adapter.reopen)('a second handle', () => {
      it('sees what the first one wrote, and goes on with its revisions', async () => {
        const kv = await open()
        const first = await put(kv, 'a', 1)
        const again = await (adapter.reopen as NonNullable<Adapter['reopen']>)(kv)
        onTestFinished(() => again.close())
        expect(await again.get('a')).toEqual({ key: 'a', value: 1, version: first })
        const seen = collect(again, '', first, 1)
        expect(await put(again, 'b', 2)).toBeGreaterThan(first)
        expect((await seen).flatMap((set) => set.changes.map(summary))).toEqual(['b=2'])
      })
    })
  })
}

/** Puts without a check, and gives the revision. */
export async function put(kv: Kv, key: string, value: Json): Promise<number> {
  const result = await kv.commit([], [{ key, value }])
  if (!result.ok) throw new Error('a commit without checks was refused')
  return result.revision
}

async function putAll(kv: Kv, keys: string[], value: Json = 1): Promise<void> {
  for (let i = 0; i < keys.length; i += kv.maxOperations) {
    await kv.commit(
      [],
      keys.slice(i, i + kv.maxOperations).map((key) => ({ key, value })),
    )
  }
}

export async function keysOf(kv: Kv, prefix: string, limit?: number): Promise<string[]> {
  const keys: string[] = []
  let after: string | null = ''
  while (after !== null) {
    const page: Awaited<ReturnType<Kv['list']>> = await kv.list(prefix, { after, ...(limit && { limit }) })
    keys.push(...page.entries.map((entry) => entry.key))
    after = page.next
  }
  return keys
}

/** For stores that keep their last 1,000 revisions: enough commits to make them forget what came before. */
export async function forget(kv: Kv): Promise<void> {
  for (let i = 0; i < 2_000; i++) await put(kv, 'forget', i)
}

/** The next change sets under the prefix, then stops watching. */
export async function collect(kv: Kv, prefix: string, from: number, count: number): Promise<ChangeSet[]> {
  const stop = new AbortController()
  const sets: ChangeSet[] = []
  for await (const set of kv.watch(prefix, { from, signal: stop.signal })) {
    if (sets.push(set) === count) stop.abort()
  }
  return sets
}

async function drain(watch: AsyncIterable<ChangeSet>): Promise<void> {
  for await (const _ of watch);
}

const summary = (change: Change) =>
  change.deleted ? `${change.key} gone` : `${change.key}=${JSON.stringify(change.value)}`
