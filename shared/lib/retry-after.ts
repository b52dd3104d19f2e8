/** Longer than any server has a reason to say, so that one wrong header does not silence it for good. */
const MOST_MS = 7 * 86_400_000
/** All three forms of a date begin with the day of the week. */
const DATE = /^(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)/i

/**
 * How long `Retry-After` of an answer asks to be left alone (RFC 9110, 10.2.3): seconds, or a date by the clock of who answers.
 * `null`: it does not, or not so that it can be understood.
 */
export function retryAfterMs(headers: Pick<Headers, 'get'>, nowMs: number): number | null {
  const text = headers.get('retry-after')?.trim() ?? ''
  if (/^\d{1,10}$/.test(text)) return bounded(Number(text) * 1_000)
  if (!DATE.test(text)) return null
  const answeredAtMs = Date.parse(headers.get('date') ?? '')
  const ms = Date.parse(text) - (Number.isNaN(answeredAtMs) ? nowMs : answeredAtMs)
  return Number.isNaN(ms) ? null : bounded(ms)
}

const bounded = (ms: number) => Math.min(Math.max(ms, 0), MOST_MS)
