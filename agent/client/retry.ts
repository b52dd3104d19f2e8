import { sleep } from '../../shared/lib/sleep.ts'
import { FrontError, isPassing } from './front-error.ts'

const FIRST_PAUSE_MS = 250
const LONGEST_PAUSE_MS = 5_000

export interface Patience {
  /** How long a call is tried again and again; 0: once. */
  patienceMs: number
  signal?: AbortSignal | undefined
  /** Monotonic: what the wall clock says may jump. */
  now: () => number
  random: () => number
}

/** Does it until it succeeds, fails for good, or patience is at its end; then the last failure is thrown. */
export async function withPatience<T>(
  once: () => Promise<T>,
  { patienceMs, signal, now, random }: Patience,
): Promise<T> {
  const endsAtMs = now() + patienceMs
  for (let failures = 0; ; failures++) {
    try {
      return await once()
    } catch (error) {
      const pauseMs = pauseAfter(error, failures, random)
      if (pauseMs === null || now() + pauseMs >= endsAtMs) throw error
      await sleep(pauseMs, signal)
      signal?.throwIfAborted()
    }
  }
}

/** `null`: never, since the same call would fail again. */
export function pauseAfter(error: unknown, failures: number, random: () => number): number | null {
  if (!isPassing(error)) return null
  const asked = error instanceof FrontError ? (error.retryAfterMs ?? 0) : 0
  return asked + backOffMs(failures, random)
}

/** Doubled each time, and at random below that: of many agents not all come back in the same moment. */
export function backOffMs(failures: number, random: () => number, longestMs = LONGEST_PAUSE_MS): number {
  return Math.ceil(Math.min(FIRST_PAUSE_MS * 2 ** failures, longestMs) * (0.5 + random() / 2))
}
