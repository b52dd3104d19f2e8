/**
 * When the next reload may happen: never more often than the interval, nor than five times what the last one took,
 * and slower while workers of earlier reloads still serve long connections.
 */
export interface Pace {
  reloaded(tookMs: number, oldWorkers: number): void
  /** How long to wait until then; longer where nobody waits for it. */
  waitMs(isUrgent: boolean): number
  readonly reloads: number
  readonly lastReloadAtMs: number | null
}

const SHARE_OF_TIME = 5
const MOST_OLD_WORKERS = 4
const CROWDED_FACTOR = 15
/** While HAProxy is reloaded all writes wait. What is served already need not make them wait each time. */
const LEISURE_FACTOR = 3
/** Changes that come together go together. */
const GATHER_MS = 20

export function createPace(intervalMs: number, now: () => number): Pace {
  let [pauseMs, reloads] = [0, 0]
  let lastReloadAtMs: number | null = null
  return {
    reloaded(tookMs, oldWorkers) {
      const crowd = oldWorkers >= MOST_OLD_WORKERS ? CROWDED_FACTOR : 1 + oldWorkers / 2
      lastReloadAtMs = now()
      pauseMs = Math.max(intervalMs, SHARE_OF_TIME * tookMs) * crowd
      reloads += 1
    },
    waitMs(isUrgent) {
      const wholeMs = isUrgent ? pauseMs : Math.max(pauseMs, LEISURE_FACTOR * intervalMs)
      const sinceMs = now() - (lastReloadAtMs ?? Number.NEGATIVE_INFINITY)
      // A clock that was set back says nothing of the time since.
      return Math.max(GATHER_MS, wholeMs - Math.max(0, sinceMs))
    },
    get reloads() {
      return reloads
    },
    get lastReloadAtMs() {
      return lastReloadAtMs
    },
  }
}
