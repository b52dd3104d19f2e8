import { expect, it } from 'vitest'
import { createPace } from '../../shared/gateway/pace.ts'

it('waits no longer than its pause when the clock is set back', () => {
  let nowMs = 10_000_000
  const pace = createPace(1_000, () => nowMs)
  pace.reloaded(100, 0)
  nowMs += 400
  expect(pace.waitMs()).toBe(600)
  nowMs -= 3_600_000
  expect(pace.waitMs()).toBe(1_000)
})
