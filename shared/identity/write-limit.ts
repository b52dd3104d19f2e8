import { AppError } from '../errors.ts'
import { leakyBuckets } from '../lib/leaky-buckets.ts'
import type { Principal } from './principal.ts'

/** Counts a write. Throws TOO_MANY_REQUESTS for an agent that writes more than it may; others may as much as they like. */
export type WriteLimit = (principal: Principal) => void

export interface WriteLimitOptions {
  perMinute: number
  now: () => number
}

const MINUTE_MS = 60_000
const MOST_AGENTS = 100_000

/** Of this front alone: with several, an agent that asks them in turn may write more. */
export function createWriteLimit({ perMinute, now }: WriteLimitOptions): WriteLimit {
  const leakMs = MINUTE_MS / perMinute
  const buckets = leakyBuckets({ burst: perMinute, leakMs, longestMs: 2 * MINUTE_MS, size: MOST_AGENTS })
  return (principal) => {
    if (principal.kind !== 'agent') return
    const { agentId } = principal
    const waitMs = buckets.waitMs(agentId, now())
    if (waitMs > 0) throw tooMany(agentId, perMinute, Math.ceil(waitMs / 1_000))
    buckets.add(agentId, now())
  }
}

const tooMany = (agentId: string, perMinute: number, seconds: number) =>
  new AppError('TOO_MANY_REQUESTS', `The agent ${agentId} may write ${perMinute} times a minute: wait ${seconds} s`, {
    headers: { 'retry-after': String(seconds) },
  })
