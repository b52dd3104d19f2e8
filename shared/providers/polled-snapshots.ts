import { createPollingProvider, type PollingOptions } from './polling-provider.ts'
import type { BackendProvider } from './provider.ts'
import { type Known, knownAfter, type Snapshot, tellOutcome, understood } from './snapshot.ts'

export interface PolledSource extends Omit<PollingOptions, 'fetch'> {
  read(signal: AbortSignal): Promise<Snapshot>
}

/** A source that is asked again and again, and may be understood in part. */
export function pollSnapshots({ read, ...polling }: PolledSource): BackendProvider {
  let known: Known = new Map()
  let newest = understood([])
  const provider = createPollingProvider({
    ...polling,
    async fetch(signal) {
      newest = await read(signal)
      known = knownAfter(known, newest)
      return [...known.values()]
    },
  })
  return {
    ...provider,
    start: (emit, watching) =>
      provider.start(emit, { ...watching, succeeded: () => tellOutcome(known, newest, watching) }),
  }
}
