import type { Kv } from '../kv/kv.ts'
import { leakyBuckets } from '../lib/leaky-buckets.ts'
import type { Actor, Audit } from './audit.ts'

/** Keeps that somebody known tried what is not theirs. */
export type Refusals = (actor: Actor, target: string) => Promise<void>

/** Enough to see that somebody tries, and too few to fill the log with. */
const KEPT = { burst: 10, leakMs: 60_000, longestMs: 10 * 60_000, size: 1_000 }

export function createRefusals({ kv, audit, now }: { kv: Kv; audit: Audit; now: () => number }): Refusals {
  const buckets = leakyBuckets(KEPT)
  return async (actor, target) => {
    if (buckets.waitMs(actor.name, now()) > 0) return
    buckets.add(actor.name, now())
    await kv.commit([], [audit.entry(actor, { action: 'call', target, outcome: 'refused' })])
  }
}
