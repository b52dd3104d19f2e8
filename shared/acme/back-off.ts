import { AcmeProblem, isPassing } from './problem.ts'

const DAY_MS = 86_400_000
/** Let's Encrypt allows five failed validations of a name in an hour: with this there are four. */
const FIRST_MS = 5 * 60_000
/** The server itself was not there: nobody counts that. */
const FIRST_OF_PASSING_MS = 30_000
const JITTER_SHARE = 1 / 10
/** Whatever a server asks for. What is further ahead was written before the clock was set back. */
export const LONGEST_PAUSE_MS = 30 * DAY_MS

/**
 * How long to leave a name alone after so many failures in a row, each time twice as long, up to a day; longer where
 * the server asked for it. `random`: from 0 to 1.
 */
export function pauseAfter(error: unknown, failures: number, random: number): number {
  const problem = error instanceof AcmeProblem ? error : null
  const firstMs = problem && isPassing(problem) ? FIRST_OF_PASSING_MS : FIRST_MS
  const pauseMs = Math.min(firstMs * 2 ** Math.min(failures - 1, 20), DAY_MS)
  const askedMs = Math.max(pauseMs, problem?.retryAfterMs ?? 0)
  return Math.round(Math.min(askedMs * (1 + JITTER_SHARE * random), LONGEST_PAUSE_MS))
}
