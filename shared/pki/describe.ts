import { AppError } from '../errors.ts'
import { type Bytes, toHex } from './bytes.ts'
import type { Validity } from './certificate.ts'
import { sequenceContent } from './der.ts'
import { OID } from './extensions.ts'
import { oneLine } from './names.ts'
import { type OcspPlace, ocspPlace } from './ocsp/responder.ts'
import {
  AsnConvert,
  AuthorityKeyIdentifierExtension,
  BasicConstraintsExtension,
  SubjectAlternativeName,
  SubjectKeyIdentifierExtension,
  X509Certificate,
} from './x509.ts'

export interface CertificateDescription extends Validity {
  subject: string
  issuer: string
  /** DNS names and IP addresses. */
  sans: string[]
  /** Hexadecimal digits. */
  serial: string
  /** SHA-256, as OpenSSL writes it. */
  fingerprint: string
  isCa: boolean
  /** The key that it certifies, and the key that signed it: its issuer is the CA whose `keyId` is its `issuerKeyId`. */
  keyId: string | null
  issuerKeyId: string | null
  ocsp: OcspPlace | null
}

export async function describeCertificate(der: Bytes): Promise<CertificateDescription> {
  return describeParsed(parseCertificate(der))
}

/** For whoever needs more of it than its description: reading one takes milliseconds. */
export async function describeParsed(certificate: X509Certificate): Promise<CertificateDescription> {
  return { ...readFields(certificate), fingerprint: await fingerprint(new Uint8Array(certificate.rawData)) }
}

export async function fingerprint(der: Bytes): Promise<string> {
  const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', der))
  return Array.from(digest, (byte) => toHex(Uint8Array.of(byte)).toUpperCase()).join(':')
}

/** Throws for bytes that are not exactly one certificate. */
export function parseCertificate(der: Bytes): X509Certificate {
  if (sequenceContent(der) === null) throw unreadable()
  return reading(() => new X509Certificate(der))
}

function readFields(certificate: X509Certificate): Omit<CertificateDescription, 'fingerprint'> {
  return reading(() => ({
    subject: oneLine(certificate.subject),
    issuer: oneLine(certificate.issuer),
    sans: alternativeNames(certificate),
    serial: certificate.serialNumber,
    notBeforeMs: certificate.notBefore.getTime(),
    notAfterMs: certificate.notAfter.getTime(),
    isCa: certificate.getExtension(BasicConstraintsExtension)?.ca ?? false,
    keyId: certificate.getExtension(SubjectKeyIdentifierExtension)?.keyId ?? null,
    issuerKeyId: certificate.getExtension(AuthorityKeyIdentifierExtension)?.keyId ?? null,
    ocsp: ocspPlace(certificate),
  }))
}

function alternativeNames(certificate: X509Certificate): string[] {
  const extension = certificate.getExtension(OID.subjectAltName)
  if (extension === null) return []
  const names = Array.from(AsnConvert.parse(extension.value, SubjectAlternativeName))
  return names.flatMap((name) => name.dNSName ?? name.iPAddress ?? []).map(oneLine)
}

/** @peculiar parses many parts only when they are asked for, so a broken one shows up late. */
export function reading<T>(read: () => T): T {
  try {
    return read()
  } catch (cause) {
    throw cause instanceof AppError ? cause : unreadable()
  }
}

const unreadable = () => new AppError('INVALID_INPUT', 'This is no X.509 certificate')
