import type { Bytes, Random } from './bytes.ts'
import { constructed, integer, sequence, time } from './der.ts'
import type { CryptoKey } from './keys.ts'
import { ECDSA_WITH_SHA256, signed } from './signed.ts'

export interface Validity {
  notBeforeMs: number
  notAfterMs: number
}

export interface CertificateFields extends Validity {
  serial: Bytes
  /** Both as DER. */
  issuer: Bytes
  subject: Bytes
  /** SubjectPublicKeyInfo. */
  publicKey: Bytes
  /** Each as DER. */
  extensions: Bytes[]
}

const VERSION_3 = constructed(0, integer(Uint8Array.of(2)))

export function signCertificate(fields: CertificateFields, issuerKey: CryptoKey): Promise<Bytes> {
  const content = sequence(
    VERSION_3,
    integer(fields.serial),
    ECDSA_WITH_SHA256,
    fields.issuer,
    sequence(time(fields.notBeforeMs), time(fields.notAfterMs)),
    fields.subject,
    fields.publicKey,
    constructed(3, sequence(...fields.extensions)),
  )
  return signed(content, issuerKey)
}

/** RFC 5280 4.1.2.2: positive, at most 20 octets. The set bit avoids zero and a leading zero octet. */
export function serialNumber(random: Random): Bytes {
  const serial = random(16)
  serial[0] = ((serial[0] ?? 0) & 0x7f) | 0x40
  return serial
}

/** RFC 5280 4.2.1.2 leaves the method open: the left 160 bits of the SHA-256 of the whole public key. */
export async function keyIdentifier(publicKey: Bytes): Promise<Bytes> {
  return new Uint8Array(await crypto.subtle.digest('SHA-256', publicKey), 0, 20)
}
