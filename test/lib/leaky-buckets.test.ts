import fc from 'fast-check'
import { expect, it } from 'vitest'
import { leakyBuckets } from '../../shared/lib/leaky-buckets.ts'

const LIMITS = { burst: 3, leakMs: 1_000, longestMs: 10_000, size: 100 }

it.each([
  ['nothing came', 0, 0, 0],
  ['there is room for one more', 2, 0, 0],
  ['it is full', 3, 0, 1_000],
  ['it is full, a little later', 3, 400, 600],
  ['one has leaked out', 3, 1_000, 0],
  ['more came than it holds', 5, 0, 3_000],
  ['far more came than it holds', 1_000, 0, 8_000],
  ['far more came, and the longest time is over', 1_000, 8_000, 0],
])('waits as long as it must: %s', (_, count, laterMs, expectedMs) => {
  const buckets = leakyBuckets(LIMITS)
  for (let i = 0; i < count; i++) buckets.add('a', 50_000)
  expect(buckets.waitMs('a', 50_000 + laterMs)).toBe(expectedMs)
  expect(buckets.waitMs('b', 50_000)).toBe(0)
})

it('a clock that is set back by a year locks nobody out, and counts on', () => {
  const buckets = leakyBuckets(LIMITS)
  const fill = (nowMs: number) => Array.from({ length: 5 }, () => buckets.add('a', nowMs))
  fill(31_536_000_000)
  expect(buckets.waitMs('a', 0)).toBe(0)
  fill(0)
  expect(buckets.waitMs('a', 0)).toBe(3_000)
})

it('keeps no more buckets than it may, whatever comes', () => {
  const arrivals = fc.array(fc.tuple(fc.nat(500), fc.nat(300)), { maxLength: 400, size: 'max' })
  fc.assert(
    fc.property(arrivals, (all) => {
      const buckets = leakyBuckets(LIMITS)
      let nowMs = 0
      for (const [name, laterMs] of all) {
        nowMs += laterMs
        buckets.add(`name ${name}`, nowMs)
        if (buckets.size > LIMITS.size) return false
      }
      return true
    }),
  )
})

it('a flood of new names does not empty the bucket of another', () => {
  const buckets = leakyBuckets(LIMITS)
  for (let i = 0; i < 5; i++) buckets.add('victim', 0)
  for (let i = 0; i < 10_000; i++) buckets.add(`name ${i}`, 0)
  expect(buckets.waitMs('victim', 0)).toBe(3_000)
  expect(buckets.size).toBeLessThanOrEqual(LIMITS.size)
})
