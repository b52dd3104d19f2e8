import { expect, it } from 'vitest'
import { createPace } from '../../shared/gateway/pace.ts'

it('waits no longer than its pause, three times as long where nobody waits, also when the clock is set back', () => {
  let nowMs = 10_000_000
  const pace = createPace(1_000, () => nowMs)
  pace.reloaded(100, 0)
  nowMs += 400
  expect([true, false].map(pace.waitMs)).toEqual([600, 2_600])
  nowMs -= 3_600_000
  expect([true, false].map(pace.waitMs)).toEqual([1_000, 3_000])
})
