import type { Bytes } from '../bytes.ts'
import { parseCertificate } from '../describe.ts'
import {
  AsnCertificate,
  AsnConvert,
  AsnEcSignatureFormatter,
  ExtendedKeyUsageExtension,
  type X509Certificate,
} from '../x509.ts'
import type { BasicResponse } from './schema.ts'

const ECDSA = { name: 'ECDSA' }
const RSA = { name: 'RSASSA-PKCS1-v1_5' }

/** By the algorithm's number: what WebCrypto calls it. Whatever is signed over SHA-1 is signed by anybody. */
const ALGORITHMS: Record<string, { name: string; hash?: string }> = {
  '1.2.840.10045.4.3.2': { ...ECDSA, hash: 'SHA-256' },
  '1.2.840.10045.4.3.3': { ...ECDSA, hash: 'SHA-384' },
  '1.2.840.10045.4.3.4': { ...ECDSA, hash: 'SHA-512' },
  '1.2.840.113549.1.1.11': { ...RSA, hash: 'SHA-256' },
  '1.2.840.113549.1.1.12': { ...RSA, hash: 'SHA-384' },
  '1.2.840.113549.1.1.13': { ...RSA, hash: 'SHA-512' },
  '1.3.101.112': { name: 'Ed25519' },
}

const OCSP_SIGNING = '1.3.6.1.5.5.7.3.9'
/** One is usual. */
const MOST_CERTIFICATES = 4

/** Whether the issuer has signed it, or whom the issuer has made a certificate for just that (RFC 6960 4.2.2.2). */
export async function isSignedFor(answer: BasicResponse, issuer: X509Certificate, nowMs: number): Promise<boolean> {
  if (await isSignedBy(answer, issuer)) return true
  for (const der of (answer.certs ?? []).slice(0, MOST_CERTIFICATES)) {
    const delegate = parsed(new Uint8Array(der))
    if (delegate && (await isDelegate(delegate, issuer, nowMs)) && (await isSignedBy(answer, delegate))) return true
  }
  return false
}

function parsed(der: Bytes): X509Certificate | null {
  try {
    return parseCertificate(der)
  } catch {
    return null
  }
}

async function isDelegate(delegate: X509Certificate, issuer: X509Certificate, nowMs: number): Promise<boolean> {
  const { notBefore, notAfter } = delegate
  return (
    delegate.issuer === issuer.subject &&
    notBefore.getTime() <= nowMs &&
    nowMs < notAfter.getTime() &&
    isSignedWell(delegate) &&
    delegate.getExtension(ExtendedKeyUsageExtension)?.usages.includes(OCSP_SIGNING) === true &&
    (await delegate.verify({ publicKey: issuer, signatureOnly: true }).catch(() => false))
  )
}

const isSignedWell = ({ rawData }: X509Certificate): boolean =>
  AsnConvert.parse(rawData, AsnCertificate).signatureAlgorithm.algorithm in ALGORITHMS

async function isSignedBy(answer: BasicResponse, { publicKey }: X509Certificate): Promise<boolean> {
  const algorithm = ALGORITHMS[answer.signatureAlgorithm.algorithm]
  if (!algorithm || !answer.tbsResponseDataRaw) return false
  try {
    const { namedCurve } = publicKey.algorithm as { namedCurve?: string }
    const full = { ...algorithm, ...(algorithm.name === ECDSA.name && { namedCurve }) }
    const key = await publicKey.export(full, ['verify'])
    const signature = namedCurve && full.name === ECDSA.name ? rawSignature(full, answer.signature) : answer.signature
    return signature !== null && (await crypto.subtle.verify(full, key, signature, answer.tbsResponseDataRaw))
  } catch {
    // A key of another kind than the signature's.
    return false
  }
}

const rawSignature = (algorithm: { name: string }, der: ArrayBuffer) =>
  new AsnEcSignatureFormatter().toWebSignature(algorithm, der)
