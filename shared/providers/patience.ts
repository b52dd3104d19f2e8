/** What was refused is tried again later and later, and at once when it says something else. */
export interface Patience {
  mayTry(name: string, print: string, nowMs: number): boolean
  refused(name: string, print: string, nowMs: number): void
  accepted(name: string): void
}

const FIRST_PAUSE_MS = 5_000
const LONGEST_PAUSE_MS = 300_000

export function createPatience(): Patience {
  const waiting = new Map<string, { print: string; pauseMs: number; untilMs: number }>()
  return {
    mayTry(name, print, nowMs) {
      const found = waiting.get(name)
      return found?.print !== print || nowMs >= found.untilMs
    },
    refused(name, print, nowMs) {
      const found = waiting.get(name)
      const pauseMs = found?.print === print ? Math.min(2 * found.pauseMs, LONGEST_PAUSE_MS) : FIRST_PAUSE_MS
      waiting.set(name, { print, pauseMs, untilMs: nowMs + pauseMs })
    },
    accepted: (name) => void waiting.delete(name),
  }
}
