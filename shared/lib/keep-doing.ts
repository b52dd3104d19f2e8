import { sleep } from './sleep.ts'

const FIRST_PAUSE_MS = 50
const LONGEST_PAUSE_MS = 5_000

/**
 * Does it again a moment after it has ended, and after each failure with more patience, until the signal is aborted. What
 * ends at once, again and again, would keep a worker from everything else.
 */
export async function keepDoing(
  once: () => Promise<void>,
  { signal, failed }: { signal: AbortSignal; failed: (error: unknown) => void },
): Promise<void> {
  for (let pauseMs = FIRST_PAUSE_MS; !signal.aborted; pauseMs = Math.min(2 * pauseMs, LONGEST_PAUSE_MS)) {
    try {
      await once()
      await sleep(FIRST_PAUSE_MS, signal)
    } catch (error) {
      if (signal.aborted) return
      failed(error)
      await sleep(pauseMs, signal)
    }
  }
}
