/** Longer than any server has a reason to say, so that one wrong header does not silence a name for good. */
const MOST_MS = 7 * 86_400_000

/** RFC 9110 10.2.3: seconds, or a date. `null`: nothing that can be understood. */
export function retryAfterMs(value: string | null, nowMs: number): number | null {
  if (value === null) return null
  const ms = /^\d{1,10}$/.test(value.trim()) ? Number(value) * 1_000 : Date.parse(value) - nowMs
  return Number.isNaN(ms) ? null : Math.min(Math.max(ms, 0), MOST_MS)
}
