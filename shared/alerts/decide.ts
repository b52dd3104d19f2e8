import type { Condition } from './observe.ts'
import type { AlertState } from './records.ts'

/** What flickers is told of by nobody: it must be wrong, or right again, for so long. */
const HOLDS_MS = 30_000
const CLEARS_MS = 60_000

export interface Change {
  /** `null`: it is over. */
  after: AlertState | null
  tell: 'firing' | 'resolved' | null
}

/** What becomes of one thing that was wrong, or is: `null`: nothing changes. */
export function decide(before: AlertState | null, seen: Condition | null, nowMs: number): Change | null {
  if (!before) return seen && { after: { ...seen, sinceMs: nowMs, told: false, clearSinceMs: null }, tell: null }
  if (seen) {
    if (!before.told && nowMs - before.sinceMs >= HOLDS_MS)
      return { after: { ...before, reason: seen.reason, told: true, clearSinceMs: null }, tell: 'firing' }
    return before.clearSinceMs === null ? null : { after: { ...before, clearSinceMs: null }, tell: null }
  }
  if (!before.told) return { after: null, tell: null }
  if (before.clearSinceMs === null) return { after: { ...before, clearSinceMs: nowMs }, tell: null }
  return nowMs - before.clearSinceMs >= CLEARS_MS ? { after: null, tell: 'resolved' } : null
}
