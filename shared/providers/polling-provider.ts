import type { BackendInput } from '../domain/backend.ts'
import { inTime } from '../lib/in-time.ts'
import { sleep } from '../lib/sleep.ts'
import { byName, differences } from './differences.ts'
import type { BackendProvider, Emit } from './provider.ts'
import { SourceError } from './source-error.ts'

export interface PollingOptions {
  /** All that the source has at the moment; `null`: as at the last time. */
  fetch(signal: AbortSignal): Promise<readonly BackendInput[] | null>
  /** From the beginning of one poll to the beginning of the next. A function is asked after each poll. */
  intervalMs: number | (() => number)
  /** A poll that takes longer has failed. */
  timeoutMs?: number
  /** After failures the pause doubles up to this, unless the source says when. It is never shorter than the interval. */
  longestPauseMs?: number
}

const TIMEOUT_MS = 10_000
const LONGEST_PAUSE_MS = 60_000

/** Asks a source again and again; the difference of two answers is what has changed. */
export function createPollingProvider(options: PollingOptions): BackendProvider {
  const { fetch, intervalMs, timeoutMs = TIMEOUT_MS, longestPauseMs = LONGEST_PAUSE_MS } = options
  let known: ReadonlyMap<string, BackendInput> | undefined
  let askedAtMs = 0

  const poll = async (emit: Emit, signal: AbortSignal, answered: () => void) => {
    const startedAtMs = performance.now()
    const late = `The source has not answered within ${timeoutMs} ms`
    const found = await inTime(fetch, { ms: timeoutMs, signal, late })
    if (signal.aborted) return
    if (found === null && known === undefined)
      throw new Error('The source says that nothing has changed, at the first time')
    const before = known ?? new Map()
    const after = found === null ? before : byName(found)
    // What could not be told is in here all the same: the manager compares.
    known = after
    askedAtMs = startedAtMs
    answered()
    for (const event of differences(before, after)) {
      if (signal.aborted) return
      await emit(event)
    }
  }
  const interval = () => (typeof intervalMs === 'number' ? intervalMs : intervalMs())
  const all = () => {
    if (known === undefined) throw new Error('The source has not answered yet')
    return known
  }
  return {
    async start(emit, { signal, succeeded, failed }) {
      // Whoever listens now has heard nothing yet.
      known = undefined
      for (let failures = 0; !signal.aborted; ) {
        const nextAtMs = performance.now()
        let pauseMs: number
        try {
          await poll(emit, signal, succeeded)
          failures = 0
          pauseMs = interval()
        } catch (error) {
          if (signal.aborted) return
          const everyMs = interval()
          const asked = error instanceof SourceError ? error.retryAfterMs : null
          pauseMs = Math.max(everyMs, asked ?? Math.min(longestPauseMs, everyMs * 2 ** failures++))
          failed(error, pauseMs)
        }
        await sleep(Math.max(0, nextAtMs + pauseMs - performance.now()), signal)
      }
    },
    getBackends: async () => [...all().values()],
    getBackend: async (name) => all().get(name) ?? null,
    askedAtMs: () => askedAtMs,
    stop: async () => undefined,
  }
}
