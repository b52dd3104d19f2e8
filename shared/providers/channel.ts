import { sleep } from '../lib/sleep.ts'
import { type BackendEvent, nameOf } from './provider.ts'

interface Batch {
  /** The newest of each backend, in the order in which they came first. */
  events: BackendEvent[]
  /** More came, from somebody who does not wait, than is remembered: the source must be asked what it has. */
  missed: boolean
}

export interface ChannelCounts {
  depth: number
  size: number
  added: number
  updated: number
  deleted: number
}

/** Between one provider and the manager: bounded, and of one backend only the newest waits. */
export interface EventChannel {
  /** Comes back when there is a place for it. */
  emit(event: BackendEvent): Promise<void>
  /** Waits until there is something, and takes all that waits; what was taken before is done then. Null: closed. */
  take(): Promise<Batch | null>
  /** What could not be done waits again, unless something newer of the same backend does. */
  putBack(events: readonly BackendEvent[]): void
  /** Whether something of this backend waits, or is being done. */
  has(name: string): boolean
  isBusy(): boolean
  counts(): ChannelCounts
  /** Nothing comes in or out any more. */
  close(): void
}

export const CHANNEL_SIZE = 100
/** So that a poll of this many is one change, and one that never ends is many. */
const MOST_IN_BATCH = 5_000

const DONE = Promise.resolve()

export function createEventChannel(size = CHANNEL_SIZE): EventChannel {
  let waiting = new Map<string, BackendEvent>()
  /** They wait for a place, each with what it brings. As many as there are places; whoever comes then is `missed`. */
  const outside = new Map<string, BackendEvent>()
  const counts = { added: 0, updated: 0, deleted: 0 }
  let inHand: ReadonlyMap<string, BackendEvent> = new Map()
  let missed = false
  let closed = false
  let arrival = signal()
  let place = signal()

  const count = ({ type }: BackendEvent) => {
    counts[type === 'ADD' ? 'added' : type === 'UPDATE' ? 'updated' : 'deleted']++
  }
  /** All who waited for a place may go on. Whether there were any. */
  const takeAll = (batch: { events: Map<string, BackendEvent>; missed: boolean }): boolean => {
    const more = outside.size > 0 || missed
    for (const [name, event] of [...waiting, ...outside]) batch.events.set(name, event)
    batch.missed ||= missed
    missed = false
    waiting.clear()
    outside.clear()
    place.give()
    place = signal()
    return more
  }

  return {
    emit(event) {
      if (closed) return DONE
      count(event)
      const name = nameOf(event)
      arrival.give()
      if (!outside.has(name) && (waiting.has(name) || waiting.size < size)) {
        waiting.set(name, event)
        return DONE
      }
      if (outside.has(name) || outside.size < size) outside.set(name, event)
      else missed = true
      return place.given
    },
    async take() {
      inHand = new Map()
      await arrival.given
      if (closed) return null
      const batch = { events: new Map<string, BackendEvent>(), missed: false }
      inHand = batch.events
      // Whoever tells many things one after the other is heard out.
      do await sleep(0)
      while (takeAll(batch) && batch.events.size < MOST_IN_BATCH && !closed)
      if (closed) return null
      arrival = signal()
      return { events: [...batch.events.values()], missed: batch.missed }
    },
    putBack(events) {
      const newer = waiting
      waiting = new Map(events.map((event) => [nameOf(event), event]))
      for (const [name, event] of newer) waiting.set(name, event)
      for (const [name] of outside) waiting.delete(name)
      if (waiting.size > 0) arrival.give()
    },
    has: (name) => waiting.has(name) || outside.has(name) || inHand.has(name),
    isBusy: () => waiting.size + outside.size + inHand.size > 0,
    counts: () => ({ depth: waiting.size + outside.size, size, ...counts }),
    close() {
      closed = true
      waiting.clear()
      outside.clear()
      arrival.give()
      place.give()
    },
  }
}

function signal(): { given: Promise<void>; give(): void } {
  const { promise, resolve } = Promise.withResolvers<void>()
  return { given: promise, give: resolve }
}
