import { expect, it } from 'vitest'
import { withLease } from '../../shared/kv/lease.ts'
import { memoryKv } from '../../shared/kv/memory.ts'
import { sleep } from '../../shared/lib/sleep.ts'

const KEY = 'some/lease'
const never = new AbortController().signal
const untilAborted = (signal: AbortSignal) => sleep(60_000, signal)

it('lets one at a time do the work, and the next one when that has ended', async () => {
  const kv = memoryKv()
  const over = new AbortController()
  const begun = Promise.withResolvers<void>()
  const first = withLease(
    { kv, key: KEY, holder: 'one' },
    async (signal) => {
      begun.resolve()
      await untilAborted(signal)
    },
    over.signal,
  )
  await begun.promise
  const other = () => withLease({ kv, key: KEY, holder: 'other' }, async () => undefined, never)
  expect(await other()).toBe(false)
  over.abort()
  expect(await first).toBe(true)
  expect(await other()).toBe(true)
})

it('keeps the lease as long as the work takes, and stops the work when it is lost', async () => {
  const kv = memoryKv()
  const begun = Promise.withResolvers<void>()
  const work = async (signal: AbortSignal) => {
    begun.resolve()
    await untilAborted(signal)
  }
  const running = withLease({ kv, key: KEY, holder: 'one', seconds: 1 }, work, never)
  await begun.promise
  const first = await kv.get(KEY)
  const kept = await changed(async () => (await kv.get(KEY))?.version !== first?.version)
  expect(kept).toBe(true)
  await kv.commit([], [{ key: KEY, value: { holder: 'somebody else' } }])
  // Ended by itself, and what is another's is left.
  expect(await running).toBe(true)
  expect((await kv.get(KEY))?.value).toEqual({ holder: 'somebody else' })
})

it('leaves the work of a process that died to others', async () => {
  const clock = { nowMs: 0 }
  const kv = memoryKv({ now: () => clock.nowMs })
  await kv.commit([], [{ key: KEY, value: { holder: 'dead' }, expiresInSeconds: 60 }])
  const take = () => withLease({ kv, key: KEY, holder: 'other' }, async () => undefined, never)
  expect(await take()).toBe(false)
  clock.nowMs = 60_001
  expect(await take()).toBe(true)
})

async function changed(isSo: () => Promise<boolean>): Promise<boolean> {
  while (!(await isSo())) await sleep(20)
  return true
}
