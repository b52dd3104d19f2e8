import { AppError } from '../errors.ts'
import type { ChangeSet, WatchOptions } from './kv.ts'

/** Wakes everybody who waits when something was written, or when the store closes. */
export interface Bell {
  readonly closed: boolean
  ring(): void
  close(): void
  /** Resolves at the next ring, or when the signal is aborted. */
  next(signal: AbortSignal): Promise<void>
}

export function createBell(): Bell {
  const waiting = new Set<() => void>()
  let closed = false
  const ring = () => {
    for (const wake of waiting) wake()
  }
  return {
    get closed() {
      return closed
    },
    ring,
    close() {
      closed = true
      ring()
    },
    next: (signal) =>
      new Promise((resolve) => {
        const wake = () => {
          waiting.delete(wake)
          signal.removeEventListener('abort', wake)
          resolve()
        }
        waiting.add(wake)
        signal.addEventListener('abort', wake, { once: true })
        if (signal.aborted || closed) wake()
      }),
  }
}

/** What the log holds under a prefix after a revision: whole commits, and how far it was read. */
interface LogWindow {
  sets: ChangeSet[]
  readTo: number
}

export interface ChangeLog {
  bell: Bell
  /** The store's revision, and the one up to which the log was forgotten. */
  revisions(): { current: number; compacted: number }
  /** Must not wait: between reading and listening to the bell nothing may be written. */
  read(prefix: string, after: number): LogWindow
}

export async function* followLog(
  log: ChangeLog,
  prefix: string,
  { from, signal }: WatchOptions,
): AsyncGenerator<ChangeSet> {
  let seen = from
  while (!signal.aborted && !log.bell.closed) {
    const { current, compacted } = log.revisions()
    if (seen < compacted || seen > current) throw compactedError(seen)
    if (seen === current) {
      await log.bell.next(signal)
      continue
    }
    const { sets, readTo } = log.read(prefix, seen)
    for (const set of sets) {
      if (signal.aborted) return
      yield set
    }
    seen = readTo
  }
}

/** Also for a revision from the future: a store that was emptied or restored has another history. */
export const compactedError = (revision: number) =>
  new AppError('STORE_COMPACTED', `The store no longer knows what happened after revision ${revision}: list again`)
