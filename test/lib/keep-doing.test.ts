import { expect, it, onTestFinished, vi } from 'vitest'
import { keepDoing } from '../../shared/lib/keep-doing.ts'

it('leaves time for everything else where what it does ends at once', async () => {
  vi.useFakeTimers()
  onTestFinished(() => void vi.useRealTimers())
  const stop = new AbortController()
  let rounds = 0
  const once = async () => {
    rounds += 1
    if (rounds > 1_000) stop.abort()
  }
  const doing = keepDoing(once, { signal: stop.signal, failed: () => undefined })
  await vi.advanceTimersByTimeAsync(1_000)
  stop.abort()
  await doing
  expect(rounds).toBeGreaterThan(10)
  expect(rounds).toBeLessThan(30)
})
