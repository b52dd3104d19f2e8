import { sleep } from './sleep.ts'

const FIRST_PAUSE_MS = 50
const LONGEST_PAUSE_MS = 5_000

/** Does it again whenever it ends, and after each failure with more patience, until the signal is aborted. */
export async function keepDoing(
  once: () => Promise<void>,
  { signal, failed }: { signal: AbortSignal; failed: (error: unknown) => void },
): Promise<void> {
  for (let pauseMs = FIRST_PAUSE_MS; !signal.aborted; pauseMs = Math.min(2 * pauseMs, LONGEST_PAUSE_MS)) {
    try {
      await once()
    } catch (error) {
      if (signal.aborted) return
      failed(error)
      await sleep(pauseMs, signal)
    }
  }
}
