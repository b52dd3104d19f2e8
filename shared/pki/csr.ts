/**
 * Certificate signing requests (PKCS#10): an agent keeps its key and sends this.
 *
 * Only the public key is taken. The subject and the names come from the agent's profile, and a request for more than
 * that is refused rather than cut down, so that its sender learns of it.
 */
import { AppError } from '../errors.ts'
import { ACCEPTED_KEYS, acceptPublicKey } from './accepted-keys.ts'
import { type Bytes, sameBytes } from './bytes.ts'
import { sequenceContent } from './der.ts'
import { OID } from './extensions.ts'
import { ipBytes } from './ip.ts'
import type { CryptoKey } from './keys.ts'
import { covers, oneLine } from './names.ts'
import { fromPem } from './pem.ts'
import type { Profile } from './profiles.ts'
import {
  AsnConvert,
  ExtensionsAttribute,
  type GeneralName,
  Pkcs10CertificateRequest,
  SubjectAlternativeName,
} from './x509.ts'

/** One with an RSA key of 4,096 bits and a hundred names has 4 kB. */
export const MAX_CSR_BYTES = 16 * 1024

export type CsrProblem =
  | { reason: 'too_large'; maxBytes: number }
  | { reason: 'malformed' }
  | { reason: 'key_not_accepted' }
  | { reason: 'hash_not_accepted' }
  | { reason: 'bad_signature' }
  | { reason: 'name_not_allowed'; name: string }

/** `publicKey` is SubjectPublicKeyInfo. */
export type CsrResult = { ok: true; publicKey: Bytes } | { ok: false; problem: CsrProblem }

/** The request as PEM or DER, and the profile that it may ask for. */
export async function readCsr(input: string | Bytes, profile: Profile): Promise<CsrResult> {
  if (input.length > MAX_CSR_BYTES) return refused({ reason: 'too_large', maxBytes: MAX_CSR_BYTES })
  const parts = parse(input)
  if (parts === null) return refused({ reason: 'malformed' })
  const key = await acceptPublicKey(parts.publicKey)
  if (key === null) return refused({ reason: 'key_not_accepted' })
  if (!ACCEPTED_HASHES.has(parts.hash)) return refused({ reason: 'hash_not_accepted' })
  if (!(await isSignedWith(key.key, parts))) return refused({ reason: 'bad_signature' })
  const name = parts.names.find((asked) => !isAllowed(asked, profile))
  return name === undefined
    ? { ok: true, publicKey: key.spki }
    : refused({ reason: 'name_not_allowed', name: nameText(name) })
}

export function csrError(problem: CsrProblem): AppError {
  return new AppError('INVALID_INPUT', sentence(problem))
}

function sentence(problem: CsrProblem): string {
  switch (problem.reason) {
    case 'too_large':
      return `The certificate request is larger than ${problem.maxBytes} bytes`
    case 'malformed':
      return 'This is not one certificate request (PKCS#10) in PEM or DER'
    case 'key_not_accepted':
      return `The key of a certificate request must be ${ACCEPTED_KEYS}`
    case 'hash_not_accepted':
      return 'A certificate request must be signed with SHA-256, SHA-384, SHA-512 or Ed25519'
    case 'bad_signature':
      return 'The certificate request is not signed by its own key'
    case 'name_not_allowed':
      return `The certificate request asks for ${problem.name}, which is not the agent's`
  }
}

const refused = (problem: CsrProblem): CsrResult => ({ ok: false, problem })

interface CsrParts {
  request: Pkcs10CertificateRequest
  /** SubjectPublicKeyInfo as it was sent. */
  publicKey: Bytes
  signature: string
  hash: string
  names: GeneralName[]
}

/** Ed25519 is its own hash. */
const ACCEPTED_HASHES = new Set(['SHA-256', 'SHA-384', 'SHA-512', 'Ed25519'])

/**
 * Without this proof a request could carry somebody else's key.
 * The kinds are compared because workerd would import a key of any kind for a signature of Ed25519.
 */
async function isSignedWith(key: CryptoKey, { request, signature }: CsrParts): Promise<boolean> {
  const kind = signature === 'RSA-PSS' ? 'RSASSA-PKCS1-v1_5' : signature
  return kind === key.algorithm.name && (await request.verify().catch(() => false))
}

/** @peculiar parses many parts only when they are asked for, so all are asked for in here. */
function parse(input: string | Bytes): CsrParts | null {
  try {
    const request = new Pkcs10CertificateRequest(toDer(input))
    const { name, hash } = request.signatureAlgorithm as { name: string; hash?: { name: string } }
    return {
      request,
      publicKey: new Uint8Array(request.publicKey.rawData),
      signature: name,
      hash: hash?.name ?? name,
      names: askedNames(request),
    }
  } catch {
    return null
  }
}

function toDer(input: string | Bytes): Bytes {
  if (typeof input !== 'string' && sequenceContent(input) !== null) return input
  const blocks = fromPem(typeof input === 'string' ? input : new TextDecoder().decode(input))
  const [block] = blocks
  // The second label is what older tools write.
  if (blocks.length !== 1 || !block || !/^(NEW )?CERTIFICATE REQUEST$/.test(block.label)) throw new RangeError()
  if (sequenceContent(block.der) === null) throw new RangeError()
  return block.der
}

function askedNames(request: Pkcs10CertificateRequest): GeneralName[] {
  return request.attributes
    .flatMap((attribute) => (attribute instanceof ExtensionsAttribute ? attribute.items : []))
    .filter(({ type }) => type === OID.subjectAltName)
    .flatMap(({ value }) => Array.from(AsnConvert.parse(value, SubjectAlternativeName)))
}

function isAllowed({ dNSName, iPAddress }: GeneralName, { dnsNames, ips }: Profile): boolean {
  if (dNSName !== undefined) return dnsNames.some((name) => covers(name, dNSName))
  return iPAddress !== undefined && ips.some((ip) => sameIp(ip, iPAddress))
}

function nameText({ dNSName, iPAddress }: GeneralName): string {
  return oneLine(dNSName ?? iPAddress ?? 'a name that is neither a DNS name nor an IP address')
}

function sameIp(a: string, b: string): boolean {
  const [left, right] = [ipBytes(a), ipBytes(b)]
  return left !== null && right !== null && sameBytes(left, right)
}
