import type { Validity } from './certificate.ts'

const MINUTE_MS = 60_000
export const DAY_MS = 24 * 60 * MINUTE_MS

export const CA_LIFE_MS = 3_650 * DAY_MS
/** The longest that a certificate of ours lives: the rule for retiring a CA counts on it. */
export const LEAF_LIFE_MS = 90 * DAY_MS
/** So that a machine whose clock is a little slow takes what was signed just now. */
const BACKDATE_MS = 5 * MINUTE_MS

/** X.509 knows whole seconds only: what we say about a certificate must be what it says itself. */
export function validityFrom(nowMs: number, lifeMs: number): Validity {
  return { notBeforeMs: wholeSeconds(nowMs - BACKDATE_MS), notAfterMs: wholeSeconds(nowMs + lifeMs) }
}

const wholeSeconds = (ms: number) => Math.floor(ms / 1_000) * 1_000

/** A certificate is of no use before or after its issuer. */
export function within({ notBeforeMs, notAfterMs }: Validity, issuer: Validity): Validity {
  return {
    notBeforeMs: Math.max(notBeforeMs, issuer.notBeforeMs),
    notAfterMs: Math.min(notAfterMs, issuer.notAfterMs),
  }
}

/** From two thirds of its life on; and whenever it is of no use: not yet valid, expired, or its dates make no sense. */
export function needsRenewal({ notBeforeMs, notAfterMs }: Validity, nowMs: number): boolean {
  const renewAtMs = notBeforeMs + ((notAfterMs - notBeforeMs) * 2) / 3
  // Asked the other way round so that NaN, which compares as false, asks for renewal.
  const good = notBeforeMs <= nowMs && nowMs < renewAtMs
  return !good
}
