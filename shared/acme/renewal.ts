import { base64url } from 'jose'
import { fromHex } from '../pki/bytes.ts'
import type { CertificateDescription, Validity } from '../pki/index.ts'

/** Neighbours that were issued together shall not all come back at the same moment. */
const JITTER_SHARE = 1 / 20

/** At two thirds of its life, or a little before. `random`: from 0 to 1. */
export function renewAtMs({ notBeforeMs, notAfterMs }: Validity, random: number): number {
  const lifeMs = notAfterMs - notBeforeMs
  return Math.round(notBeforeMs + (lifeMs * 2) / 3 - lifeMs * JITTER_SHARE * random)
}

/** Any moment of the window that the server suggests (RFC 9773 4.2); one that is over means now. */
export function momentWithin({ startMs, endMs }: { startMs: number; endMs: number }, random: number): number {
  return Math.round(startMs + Math.max(endMs - startMs, 0) * random)
}

const [SHORTEST_MS, USUAL_MS, LONGEST_MS] = [60_000, 6 * 3_600_000, 86_400_000]

/** When to ask for the window again: servers may move it, to have certificates replaced before they are revoked. */
export const nextLookMs = (retryAfterMs: number | null): number =>
  Math.min(Math.max(retryAfterMs ?? USUAL_MS, SHORTEST_MS), LONGEST_MS)

/** What the server knows a certificate by (RFC 9773 4.1): its issuer's key and its serial, as the octets they are. */
export function certificateId({
  issuerKeyId,
  serial,
}: Pick<CertificateDescription, 'issuerKeyId' | 'serial'>): string | null {
  if (issuerKeyId === null) return null
  return `${base64url.encode(fromHex(issuerKeyId))}.${base64url.encode(fromHex(serial))}`
}
