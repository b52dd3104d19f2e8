import type { Bytes } from './bytes.ts'
import { bitString, integer, oid, sequence, set, utf8String } from './der.ts'
import { type CryptoKey, P256 } from './keys.ts'

/** An algorithm without parameters (RFC 5758 3.2). */
export const ECDSA_WITH_SHA256 = sequence(oid('1.2.840.10045.4.3.2'))

/** What certificates and revocation lists have in common: the content, the algorithm and the signature over it. */
export async function signed(content: Bytes, key: CryptoKey): Promise<Bytes> {
  const signature = new Uint8Array(await crypto.subtle.sign(P256, key, content))
  return sequence(content, ECDSA_WITH_SHA256, bitString(ecdsaSignature(signature)))
}

/** A distinguished name of a common name alone. */
export function commonName(text: string): Bytes {
  // RFC 5280 A.1, ub-common-name.
  if (text.length < 1 || text.length > 64) throw new RangeError('a common name of 1 to 64 characters')
  return sequence(set(sequence(oid('2.5.4.3'), utf8String(text))))
}

/** WebCrypto gives both numbers side by side, X.509 wants each as an INTEGER (RFC 3279 2.2.3). */
function ecdsaSignature(raw: Bytes): Bytes {
  const half = raw.length / 2
  return sequence(integer(raw.subarray(0, half)), integer(raw.subarray(half)))
}
