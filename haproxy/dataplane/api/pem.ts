import { createPrivateKey, X509Certificate } from 'node:crypto'
import { ApiError } from '../api-error.ts'

/** What the API tells of a certificate. */
export interface CertificateFacts {
  issuers: string
  not_after: string
  not_before: string
  serial: string
  size: number
  subject: string
  sha256_finger_print: string
}

/** A certificate with its key, both as PEM; in the messages nothing of the key. */
export function readPem(pem: string): CertificateFacts {
  const certificate = parsed(() => new X509Certificate(pem), 'failed to parse certificate')
  if (!/-----BEGIN [A-Z ]*PRIVATE KEY-----/.test(pem))
    throw new ApiError(500, 'file should contain both certificate and private key')
  const block = /-----BEGIN [A-Z ]*PRIVATE KEY-----[\s\S]*?-----END [A-Z ]*PRIVATE KEY-----/.exec(pem)?.[0] ?? ''
  const key = parsed(() => createPrivateKey(block), 'failed to parse the private key')
  if (!certificate.checkPrivateKey(key)) throw new ApiError(400, 'the private key does not belong to the certificate')
  return {
    issuers: commonName(certificate.issuer),
    not_after: certificate.validToDate.toISOString(),
    not_before: certificate.validFromDate.toISOString(),
    serial: certificate.serialNumber,
    size: Buffer.byteLength(pem),
    subject: commonName(certificate.subject),
    sha256_finger_print: certificate.fingerprint256.replaceAll(':', ''),
  }
}

function parsed<T>(read: () => T, message: string): T {
  try {
    return read()
  } catch {
    throw new ApiError(500, message)
  }
}

const commonName = (name: string | undefined) => /^CN=(.*)$/m.exec(name ?? '')?.[1] ?? ''

/** For HAProxy's socket, where an empty line would end it and a line of another kind could do more. */
export const pemLines = (pem: string): string =>
  pem
    .split(/\r?\n/)
    .map((line) => line.trim())
    .filter((line) => /^(?:-----(?:BEGIN|END) [A-Z0-9 ]+-----|[A-Za-z0-9+/=]+)$/.test(line))
    .join('\n')
