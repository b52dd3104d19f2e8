const FIRST_PAUSE_MS = 10_000
const LONGEST_PAUSE_MS = 5 * 60_000

interface Refusal {
  /** What was asked for: something else is asked for at once. */
  asked: string
  reason: string
  times: number
  againAtMs: number
}

/** What the front does not take. Nothing changes by asking it the same again and again. */
export interface Refusals {
  reasonOf(key: string): string | undefined
  /** Whether that was refused a short while ago. */
  isWaiting(key: string, asked: string): boolean
  /** Whether it is news. */
  note(key: string, asked: string, reason: string): boolean
  forget(key: string): void
  /** Of all others nothing is wanted any more. */
  keep(keys: Set<string>): void
  /** Something has changed: everything may be asked for again. */
  reconsider(): void
  /** Until something may be asked for again. */
  nextMs(): number
}

export function createRefusals(now: () => number): Refusals {
  const refusals = new Map<string, Refusal>()
  return {
    reasonOf: (key) => refusals.get(key)?.reason,
    isWaiting(key, asked) {
      const before = refusals.get(key)
      return before?.asked === asked && now() < before.againAtMs
    },
    note(key, asked, reason) {
      const before = refusals.get(key)
      const isSame = before?.asked === asked && before.reason === reason
      const times = isSame ? before.times + 1 : 1
      const pauseMs = Math.min(FIRST_PAUSE_MS * 2 ** (times - 1), LONGEST_PAUSE_MS)
      refusals.set(key, { asked, reason, times, againAtMs: now() + pauseMs })
      return !isSame
    },
    forget: (key) => void refusals.delete(key),
    keep(keys) {
      for (const key of refusals.keys()) if (!keys.has(key)) refusals.delete(key)
    },
    reconsider() {
      for (const refusal of refusals.values()) refusal.againAtMs = 0
    },
    nextMs: () => Math.max(0, Math.min(...[...refusals.values()].map(({ againAtMs }) => againAtMs - now()))),
  }
}
