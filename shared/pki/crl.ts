import { type Bytes, concat, fromHex } from './bytes.ts'
import { constructed, integer, sequence, time } from './der.ts'
import { authorityKeyIdentifier, crlNumber, crlReason } from './extensions.ts'
import type { CryptoKey } from './keys.ts'
import { DAY_MS, validityFrom } from './lifetime.ts'
import { ECDSA_WITH_SHA256, signed } from './signed.ts'

/** An expired list makes HAProxy refuse everybody, so it outlives many days on which nobody could sign. */
const CRL_LIFE_MS = 30 * DAY_MS
const CRL_SIGNED_EVERY_MS = DAY_MS

/** RFC 5280 5.3.1. `unspecified` must not be written down. */
export const REASON_CODE = {
  unspecified: null,
  keyCompromise: 1,
  affiliationChanged: 3,
  superseded: 4,
  cessationOfOperation: 5,
  privilegeWithdrawn: 9,
} as const
export type RevocationReason = keyof typeof REASON_CODE
export const REVOCATION_REASONS = Object.keys(REASON_CODE) as RevocationReason[]

export interface Revocation {
  /** The two that name a certificate: its CA's key id and its serial, both as hexadecimal digits. */
  issuerKeyId: string
  serial: string
  revokedAtMs: number
  reason: RevocationReason
  /** When the revoked certificate expires, and the list can forget it. */
  notAfterMs: number
}

export interface CrlTimes {
  thisUpdateMs: number
  nextUpdateMs: number
}

export interface SignedCrl extends CrlTimes {
  crl: Bytes
}

export interface CrlFields {
  /** As DER. */
  issuer: Bytes
  issuerKeyId: string
  number: number
  revocations: readonly Revocation[]
  nowMs: number
}

export async function signCrl(fields: CrlFields, issuerKey: CryptoKey): Promise<SignedCrl> {
  const { notBeforeMs: thisUpdateMs, notAfterMs: nextUpdateMs } = validityFrom(fields.nowMs, CRL_LIFE_MS)
  const entries = stillNeeded(fields.revocations, thisUpdateMs).map(entry)
  const issuer = authorityKeyIdentifier(fromHex(fields.issuerKeyId))
  const content = sequence(
    VERSION_2,
    ECDSA_WITH_SHA256,
    fields.issuer,
    time(thisUpdateMs),
    time(nextUpdateMs),
    // RFC 5280 5.1.2.6: no list at all rather than an empty one.
    // And concatenated first, because a call takes only so many arguments.
    ...(entries.length > 0 ? [sequence(concat(entries))] : []),
    constructed(0, sequence(issuer, crlNumber(numberOctets(fields.number)))),
  )
  return { crl: await signed(content, issuerKey), thisUpdateMs, nextUpdateMs }
}

/** Daily; and whenever the list is of no use: from the future, expired, or its dates make no sense. */
export function needsNewCrl({ thisUpdateMs, nextUpdateMs }: CrlTimes, nowMs: number): boolean {
  const good = thisUpdateMs <= nowMs && nowMs < Math.min(thisUpdateMs + CRL_SIGNED_EVERY_MS, nextUpdateMs)
  return !good
}

const VERSION_2 = integer(Uint8Array.of(1))

/** Each serial once. RFC 5280 3.3: an entry stays until a list was issued after its certificate expired. */
function stillNeeded(revocations: readonly Revocation[], thisUpdateMs: number): Revocation[] {
  const kept = revocations.filter(({ notAfterMs }) => notAfterMs + 2 * CRL_SIGNED_EVERY_MS > thisUpdateMs)
  return [...new Map(kept.map((revocation) => [revocation.serial.toLowerCase(), revocation])).values()]
}

function entry({ serial, revokedAtMs, reason }: Revocation): Bytes {
  const code = REASON_CODE[reason]
  const extensions = code === null ? [] : [sequence(crlReason(code))]
  return sequence(integer(fromHex(serial)), time(revokedAtMs), ...extensions)
}

function numberOctets(number: number): Bytes {
  if (!Number.isSafeInteger(number) || number < 0) throw new RangeError(`not a number of a revocation list: ${number}`)
  const digits = number.toString(16)
  return fromHex(digits.length % 2 === 0 ? digits : `0${digits}`)
}
