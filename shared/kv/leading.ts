import { sleep } from '../lib/sleep.ts'
import type { Kv } from './kv.ts'
import { withLease } from './lease.ts'

/** Work that one front at a time does, as long as it runs. */
export interface Leading {
  /** Begins, or looks at once what there is to do. */
  wake(): void
  stop(): Promise<void>
}

export interface LeadingOptions {
  kv: Kv
  /** The lease's. */
  key: string
  /** Whom the lease belongs to. */
  holder: string
  /** Nobody else uses the store. */
  ownsStore: boolean
  tickMs: number
  /** It is begun again after a while. */
  failed(error: unknown): void
}

/** Ends when the signal is aborted; `next` is over when it was woken, or after a while. */
type Lead = (signal: AbortSignal, next: () => Promise<void>) => Promise<void>

export function createLeading(options: LeadingOptions, lead: Lead): Leading {
  const { kv, key, holder, ownsStore, tickMs, failed } = options
  const stopping = new AbortController()
  let bell = Promise.withResolvers<void>()
  let running: Promise<void> | undefined

  const next = async (signal: AbortSignal) => {
    const over = new AbortController()
    await Promise.race([bell.promise, sleep(tickMs, AbortSignal.any([signal, over.signal]))])
    over.abort()
    bell = Promise.withResolvers()
  }
  const work = (signal: AbortSignal) => lead(signal, () => next(signal))
  const run = async () => {
    const alone = () => work(stopping.signal).then(() => true)
    const ours = () => withLease({ kv, key, holder }, work, stopping.signal)
    while (!stopping.signal.aborted) {
      const led = await (ownsStore ? alone() : ours()).catch(failed)
      if (led !== true) await sleep(tickMs, stopping.signal)
    }
  }

  return {
    wake() {
      running ??= run()
      bell.resolve()
    },
    async stop() {
      stopping.abort()
      await running
    },
  }
}
