import { retryAfterMs } from '../../lib/retry-after.ts'

/** However long an answer says that it is fresh, or that nobody may ask: after this it is asked all the same. */
const LONGEST_MS = 15 * 60_000

/** How long `Cache-Control` says that an answer stays as it is. */
export function freshMs(headers: Headers): number {
  const control = headers.get('cache-control') ?? ''
  if (/(?:^|[\s,])no-(?:cache|store)(?:$|[\s,=])/i.test(control)) return 0
  const seconds = Number(/(?:^|[\s,])max-age\s*=\s*"?(\d{1,9})/i.exec(control)?.[1] ?? 0)
  const age = Number(/^\d{1,9}$/.exec(headers.get('age') ?? '')?.[0] ?? 0)
  return bounded((seconds - age) * 1_000)
}

/** When it may be asked again after a failure; `null`: it does not say. */
export function retryMs(headers: Headers, nowMs: number): number | null {
  const ms = retryAfterMs(headers, nowMs)
  return ms === null ? null : bounded(ms)
}

const bounded = (ms: number) => Math.min(Math.max(ms, 0), LONGEST_MS)
