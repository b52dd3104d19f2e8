/** The keys that we certify or serve: what OpenSSL, WebCrypto and the TLS libraries of databases' drivers all know. */
import type { Bytes } from './bytes.ts'
import { oid, sequence, sequenceContent, tagged } from './der.ts'
import { type CryptoKey, exportPublicKey, P256 } from './keys.ts'

export const ACCEPTED_KEYS = 'ECDSA on P-256 or P-384, RSA of 2048 to 4096 bits with the exponent 65537, or Ed25519'

const NULL = tagged(0x05)
const EC = oid('1.2.840.10045.2.1')
export const EC_P256 = sequence(EC, oid('1.2.840.10045.3.1.7'))
export const EC_P384 = sequence(EC, oid('1.3.132.0.34'))
export const RSA = sequence(oid('1.2.840.113549.1.1.1'), NULL)
const ED25519 = sequence(oid('1.3.101.112'))

/** Each kind by its AlgorithmIdentifier: workerd imports any readable key as Ed25519, so that import alone tells nothing. */
const KINDS = [
  { id: EC_P256, algorithm: P256 },
  { id: EC_P384, algorithm: { ...P256, namedCurve: 'P-384' } },
  { id: RSA, algorithm: { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256' } },
  { id: ED25519, algorithm: { name: 'Ed25519' } },
]

export interface AcceptedKey {
  key: CryptoKey
  /** SubjectPublicKeyInfo as WebCrypto writes it, whatever form the sender chose. */
  spki: Bytes
}

/** `null` for a key of another kind, and for what is no key. */
export async function acceptPublicKey(spki: Bytes): Promise<AcceptedKey | null> {
  const key = await importAs('spki', spki, kindAt(sequenceContent(spki)), 'verify')
  return key !== null && isStrong(key) ? { key, spki: await exportPublicKey(key) } : null
}

/** From PKCS#8. `null` as above. */
export function acceptPrivateKey(pkcs8: Bytes): Promise<CryptoKey | null> {
  const afterVersion = sequenceContent(pkcs8)?.subarray(VERSION_LENGTH) ?? null
  return importAs('pkcs8', pkcs8, kindAt(afterVersion), 'sign')
}

/** PKCS#8 begins with an INTEGER of one octet. */
const VERSION_LENGTH = 3

type Kind = (typeof KINDS)[number]

function kindAt(content: Bytes | null): Kind | undefined {
  return KINDS.find(({ id }) => content !== null && id.every((octet, at) => octet === content[at]))
}

async function importAs(format: 'spki' | 'pkcs8', der: Bytes, kind: Kind | undefined, use: 'sign' | 'verify') {
  if (kind === undefined) return null
  return crypto.subtle.importKey(format, der, kind.algorithm, true, [use]).catch(() => null)
}

function isStrong({ algorithm }: CryptoKey): boolean {
  const { modulusLength, publicExponent } = algorithm as { modulusLength?: number; publicExponent?: Uint8Array }
  if (modulusLength === undefined || publicExponent === undefined) return true
  // With the exponent 1 anybody could sign; other small ones and even ones are not much better.
  return modulusLength >= 2048 && modulusLength <= 4096 && bigEndian(publicExponent) === 65_537
}

const bigEndian = (octets: Uint8Array) => octets.reduce((sum, octet) => sum * 256 + octet, 0)
