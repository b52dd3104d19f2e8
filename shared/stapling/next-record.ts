import type { EdgeSummary } from '../certificates/records.ts'
import type { StapledAnswer, StapleRecord } from './records.ts'

const MINUTE_MS = 60_000
const SOONEST_MS = 5 * MINUTE_MS
/** However long an answer may be used, a revocation is to be heard of. */
const LATEST_MS = 4 * 24 * 60 * MINUTE_MS
const FIRST_PAUSE_MS = MINUTE_MS
const LONGEST_PAUSE_MS = 60 * MINUTE_MS
const JITTER_SHARE = 1 / 10
/** HAProxy staples none for the last five minutes. */
const UNUSED_MS = 5 * MINUTE_MS

type Edge = Pick<EdgeSummary, 'name' | 'fingerprint' | 'ocsp' | 'notAfterMs'>

/** Whether the certificate's responder is to be asked now. */
export function isDue(
  { ocsp, fingerprint, notAfterMs }: Edge,
  known: StapleRecord | undefined,
  nowMs: number,
): boolean {
  if (!ocsp || notAfterMs <= nowMs) return false
  if (known?.fingerprint !== fingerprint) return true
  const pauseMs = known.nextTryAtMs - nowMs
  // No pause is longer: the clock was set back since.
  return pauseMs <= 0 || pauseMs > LATEST_MS
}

/** What HAProxy may staple: never what has expired, nor what says that the certificate is revoked. */
export function stapleOf({ fingerprint }: Edge, known: StapleRecord | undefined, nowMs: number): string | null {
  if (known?.fingerprint !== fingerprint || known.answer?.status !== 'good') return null
  return nowMs < known.answer.nextUpdateMs - UNUSED_MS ? known.answer.der : null
}

/** When half of what is left of it is over, a little earlier by chance. `random`: from 0 to 1. */
export function afterAnswer(
  edge: Edge,
  known: StapleRecord | undefined,
  heard: StapledAnswer,
  nowMs: number,
  random: number,
): StapleRecord {
  const answer = latest(edge, known, heard, nowMs)
  const halfMs = ((answer.nextUpdateMs - nowMs) / 2) * (1 - JITTER_SHARE * random)
  const pauseMs = Math.min(Math.max(halfMs, SOONEST_MS), LATEST_MS)
  return { ...of(edge), answer, failures: 0, lastError: null, nextTryAtMs: Math.round(nowMs + pauseMs) }
}

/** What was known before holds until it expires; each pause is twice as long, up to an hour. */
export function afterFailure(
  edge: Edge,
  known: StapleRecord | undefined,
  reason: string,
  nowMs: number,
  random: number,
): StapleRecord {
  const before = known?.fingerprint === edge.fingerprint ? known : undefined
  const failures = (before?.failures ?? 0) + 1
  const pauseMs = Math.min(FIRST_PAUSE_MS * 2 ** Math.min(failures - 1, 20), LONGEST_PAUSE_MS)
  const answer = before?.answer && nowMs < before.answer.nextUpdateMs ? before.answer : null
  const nextTryAtMs = Math.round(nowMs + pauseMs * (1 + JITTER_SHARE * random))
  return { ...of(edge), answer, failures, lastError: reason, nextTryAtMs }
}

/** Whoever stands between could bring back what the responder said before it knew of a revocation. */
function latest(
  { fingerprint }: Edge,
  known: StapleRecord | undefined,
  heard: StapledAnswer,
  nowMs: number,
): StapledAnswer {
  const before = known?.fingerprint === fingerprint ? known.answer : null
  return before && nowMs < before.nextUpdateMs && heard.thisUpdateMs < before.thisUpdateMs ? before : heard
}

const of = ({ name, fingerprint }: Edge) => ({ name, fingerprint })
