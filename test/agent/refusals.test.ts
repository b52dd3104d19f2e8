import { expect, it } from 'vitest'
import { createRefusals } from '../../agent/daemon/refusals.ts'

it('what is refused is asked again after ever longer pauses, and told once', () => {
  let nowMs = 1
  const refusals = createRefusals(() => nowMs)
  const askedAtMs: number[] = []
  let told = 0
  for (; nowMs < 3_600_000; nowMs += 1_000) {
    if (refusals.isWaiting('shop', 'a')) continue
    askedAtMs.push(nowMs)
    if (refusals.note('shop', 'a', 'is taken')) told++
  }
  expect(askedAtMs.slice(0, 4)).toEqual([1, 10_001, 30_001, 70_001])
  expect([askedAtMs.length, told]).toEqual([16, 1])
  expect(refusals.nextMs()).toBeGreaterThan(0)

  expect(refusals.isWaiting('shop', 'b')).toBe(false)
  refusals.reconsider()
  expect(refusals.isWaiting('shop', 'a')).toBe(false)
  expect(refusals.reasonOf('shop')).toBe('is taken')
  refusals.keep(new Set(['other']))
  expect([refusals.reasonOf('shop'), refusals.nextMs()]).toEqual([undefined, Number.POSITIVE_INFINITY])
})
