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

/** How long `Retry-After` asks to be left alone: seconds, or a date. */
export function retryAfterMs(headers: Headers, nowMs: number): number {
  const text = headers.get('retry-after') ?? ''
  if (/^\d{1,9}$/.test(text)) return bounded(Number(text) * 1_000)
  const atMs = Date.parse(text)
  return Number.isNaN(atMs) ? 0 : bounded(atMs - nowMs)
}

const bounded = (ms: number) => Math.min(Math.max(ms, 0), LONGEST_MS)
