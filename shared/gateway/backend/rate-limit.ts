import type { Backend, HttpRequestRule } from '../../dataplane/models.ts'
import type { RateLimit } from '../../domain/options/rate-limit.ts'
import { answerPage } from './page.ts'

/** The first two count what HAProxy's own sections count. */
const COUNTER = 2
const MOST_CLIENTS = 50_000

/** Handed to the worker of after a reload, so that nobody begins anew then. */
export function rateTable({ rateLimit }: { rateLimit?: RateLimit | undefined }): Partial<Backend> {
  if (!rateLimit) return {}
  const { seconds, by } = rateLimit
  const keys = by === 'client' ? { type: 'ipv6', size: MOST_CLIENTS } : { type: 'integer', size: 1 }
  const store = `gpc0_rate(${seconds}s)`
  return { stick_table: { ...keys, expire: seconds * 1_000, peers: 'front_self', store } }
}

/** Only what is let through counts: whoever goes on asking gets as much as whoever waits. */
export function limitRate({ requests, seconds, by }: RateLimit): HttpRequestRule[] {
  // A network that has IPv6 has more addresses than any table.
  const key = by === 'client' ? 'src,ipmask(32,64)' : 'int(1)'
  const refusal = answerPage({
    status: 429,
    title: 'This was asked for too often',
    text: 'Wait a little, then try again.',
    headers: { 'Retry-After': String(seconds) },
  })
  return [
    { type: 'track-sc', track_sc_stick_counter: COUNTER, track_sc_key: key },
    { ...refusal, cond: 'if', cond_test: `{ sc_gpc0_rate(${COUNTER}) ge ${requests} }` },
    { type: 'sc-inc-gpc0', sc_id: COUNTER },
  ]
}
