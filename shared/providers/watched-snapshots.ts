import { sleep } from '../lib/sleep.ts'
import { differences } from './differences.ts'
import type { BackendProvider, Emit, Watching } from './provider.ts'
import { type Known, knownAfter, type Snapshot, tellOutcome } from './snapshot.ts'
import { SourceError } from './source-error.ts'

/** All that a source has, at once, and again whenever it may have changed. Throws when it cannot be watched any more. */
export type FollowSnapshots = (watching: Pick<Watching, 'signal' | 'failed'>) => AsyncIterable<Snapshot>

const FIRST_PAUSE_MS = 100
const LONGEST_PAUSE_MS = 30_000

/** A source that says when something has changed. Whenever it cannot be watched, it is watched anew from all that it has. */
export function watchSnapshots(follow: FollowSnapshots): BackendProvider {
  const closing = new AbortController()
  let known: Known | undefined
  let askedAtMs = 0

  const tell = async (snapshot: Snapshot, emit: Emit, watching: Watching) => {
    const before = known ?? new Map()
    const after = knownAfter(before, snapshot)
    // What could not be told is in here all the same: the manager compares.
    known = after
    askedAtMs = performance.now()
    tellOutcome(after, snapshot, watching)
    for (const event of differences(before, after)) {
      await emit(event)
      if (watching.signal.aborted) return
    }
  }
  const all = (): Known => {
    if (known === undefined) throw new SourceError('The source has not answered yet')
    return known
  }
  return {
    async start(emit, { succeeded, failed, ...watched }) {
      const signal = AbortSignal.any([watched.signal, closing.signal])
      // Whoever listens now has heard nothing yet.
      known = undefined
      for (let pauseMs = FIRST_PAUSE_MS; !signal.aborted; pauseMs = Math.min(2 * pauseMs, LONGEST_PAUSE_MS)) {
        try {
          for await (const snapshot of follow({ signal, failed })) {
            if (signal.aborted) return
            pauseMs = FIRST_PAUSE_MS
            await tell(snapshot, emit, { signal, succeeded, failed })
          }
        } catch (error) {
          if (!signal.aborted) failed(error, pauseMs)
        }
        await sleep(pauseMs, signal)
      }
    },
    getBackends: async () => [...all().values()],
    getBackend: async (name) => all().get(name) ?? null,
    askedAtMs: () => askedAtMs,
    stop: async () => closing.abort(),
  }
}
