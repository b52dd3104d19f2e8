import type { Validity } from './certificate.ts'
import { DAY_MS, LEAF_LIFE_MS } from './lifetime.ts'

/**
 * How one CA follows another without anybody being refused.
 *
 * A new CA is in the bundle at once but signs later, when everybody had time to fetch the bundle.
 * From then on the old one signs revocation lists only, and stays in the bundle until the last certificate
 * that it can have signed has expired.
 */
export interface CaTerm extends Validity {
  signsFromMs: number
}

/** The time that agents and clients have to fetch the bundle before they meet a certificate of the new CA. */
export const ROTATION_LEAD_MS = 7 * DAY_MS
/** A CA that is replaced this long before its end never has to cut a certificate's life short. */
const ROTATE_BEFORE_END_MS = 2 * LEAF_LIFE_MS

/** Which CA signs certificates: the newest whose term has begun. `null` when all have expired. */
export function signingCa<T extends CaTerm>(cas: readonly T[], nowMs: number): T | null {
  const alive = newestFirst(cas).filter(({ notAfterMs }) => nowMs < notAfterMs)
  // A clock that was set back must not leave the front without a CA: then the oldest goes on.
  return alive.find(({ signsFromMs }) => signsFromMs <= nowMs) ?? alive.at(-1) ?? null
}

/** Whom everybody trusts, newest first: each of them also signs a revocation list of its own. */
export function trustedCas<T extends CaTerm>(cas: readonly T[], nowMs: number): T[] {
  return newestFirst(cas).filter((ca) => nowMs < retiresAtMs(ca, cas))
}

/** From when on no certificate of this CA can be valid any more, so that its key may be destroyed. */
export function retiresAtMs(ca: CaTerm, cas: readonly CaTerm[]): number {
  const successors = cas.filter(({ signsFromMs }) => signsFromMs > ca.signsFromMs)
  const replacedAtMs = Math.min(...successors.map(({ signsFromMs }) => signsFromMs))
  return Math.min(ca.notAfterMs, replacedAtMs + LEAF_LIFE_MS)
}

/** Is it time for the next CA? */
export function needsRotation(cas: readonly CaTerm[], nowMs: number): boolean {
  const newest = newestFirst(cas)[0]
  return newest === undefined || nowMs >= newest.notAfterMs - ROTATE_BEFORE_END_MS
}

const newestFirst = <T extends CaTerm>(cas: readonly T[]): T[] => cas.toSorted((a, b) => b.signsFromMs - a.signsFromMs)
