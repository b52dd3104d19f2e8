import { isFault } from '../dataplane/data-plane-error.ts'
import type { ProcessInfo } from '../dataplane/models.ts'
import { AppError } from '../errors.ts'
import type { Log } from '../log/log.ts'

/** How a node is, as far as is known: what settling, passes and writes learn, and tell each other. */
export interface NodeCondition {
  online: boolean
  /** The worker that was seen last. */
  worker: ProcessInfo | null
  dataPlaneVersion: string | null
  readonly lastError: string | null
  /** Says it once, and takes the node for down unless HAProxy only did not want something. */
  failed(error: unknown, doing: string): void
  recovered(): void
  /** Whoever waits for progress looks again. */
  ring(): void
  progress(signal: AbortSignal): Promise<void>
}

export interface NodeConditionOptions {
  name: string
  log: Log
  /** Whatever was known of it is not true any more. */
  onLost(): void
}

export function createCondition({ name, log, onLost }: NodeConditionOptions): NodeCondition {
  let lastError: string | null = null
  let bell = Promise.withResolvers<void>()

  const condition: NodeCondition = {
    online: false,
    worker: null,
    dataPlaneVersion: null,
    get lastError() {
      return lastError
    },
    failed(error, doing) {
      // The front itself is in the middle of an import: that says nothing of the node.
      if (error instanceof AppError && error.code === 'NOT_READY') return condition.ring()
      const message = error instanceof Error ? error.message : String(error)
      if (message !== lastError) log.error(`Could not ${doing} on ${name}: ${message}`, { node: name })
      lastError = message
      if (!isFault(error, 'refused')) {
        condition.online = false
        onLost()
      }
      condition.ring()
    },
    recovered() {
      condition.online = true
      lastError = null
    },
    ring() {
      bell.resolve()
      bell = Promise.withResolvers()
    },
    progress: (signal) => either(bell.promise, signal),
  }
  return condition
}

/** Leaves nothing behind on a signal that lives for long. */
const either = (rung: Promise<void>, signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    const done = () => {
      signal.removeEventListener('abort', done)
      resolve()
    }
    signal.addEventListener('abort', done, { once: true })
    if (signal.aborted) done()
    void rung.then(done)
  })
