import type { Kv } from '../../shared/kv/kv.ts'

export interface InterruptedKv extends Kv {
  /** Once, when somebody has decided to write such a key and is about to: then this happens first. */
  beforeWriteOf(prefix: string, act: () => Promise<unknown>): void
}

/** The same store, with somebody who comes in between at exactly the wrong moment. */
export function interruptedKv(kv: Kv): InterruptedKv {
  let waiting: { prefix: string; act: () => Promise<unknown> } | undefined
  return {
    ...kv,
    beforeWriteOf(prefix, act) {
      waiting = { prefix, act }
    },
    async commit(checks, writes) {
      const interrupting = waiting
      if (interrupting && writes.some(({ key }) => key.startsWith(interrupting.prefix))) {
        waiting = undefined
        await interrupting.act()
      }
      return kv.commit(checks, writes)
    },
  }
}
