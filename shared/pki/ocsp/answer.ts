import { type Bytes, sameBytes } from '../bytes.ts'
import { sequenceContent } from '../der.ts'
import { AsnConvert, type X509Certificate } from '../x509.ts'
import { type CertificateId, SHA1 } from './certificate-id.ts'
import { OcspProblem } from './problem.ts'
import { BasicResponse, type CertId, OcspResponse, type SingleResponse } from './schema.ts'
import { isSignedFor } from './signature.ts'

/** What a responder vouches for, and for how long. */
export type OcspAnswer = { thisUpdateMs: number; nextUpdateMs: number } & (
  | { status: 'good' }
  | { status: 'revoked'; revokedAtMs: number }
)

export interface Asked {
  id: CertificateId
  issuer: X509Certificate
  nowMs: number
}

const BASIC = '1.3.6.1.5.5.7.48.1.1'
/** Clocks differ. */
const SKEW_MS = 5 * 60_000
const STATUSES = ['successful', 'malformedRequest', 'internalError', 'tryLater', '', 'sigRequired', 'unauthorized']

/** Whatever cannot be believed is an OcspProblem. */
export async function readOcspAnswer(der: Bytes, { id, issuer, nowMs }: Asked): Promise<OcspAnswer> {
  const basic = readBasic(der)
  // HAProxy passes over answers about more than one certificate.
  const [single, ...others] = basic.tbsResponseData.responses
  if (!single || others.length > 0 || !isAbout(single.certID, id))
    throw new OcspProblem('The answer is about another certificate')
  if (!(await isSignedFor(basic, issuer, nowMs)))
    throw new OcspProblem('The answer is not signed by the issuer of the certificate')
  return { ...timesOf(single, nowMs), ...statusOf(single) }
}

function readBasic(der: Bytes): BasicResponse {
  const { responseStatus, responseBytes } = read(der, OcspResponse)
  if (responseStatus !== 0) {
    const status = STATUSES[responseStatus] || 'an unknown status'
    throw new OcspProblem(`The responder answers ${status}`)
  }
  if (responseBytes?.responseType !== BASIC) throw unreadable()
  return read(new Uint8Array(responseBytes.response), BasicResponse)
}

function read<T>(der: Bytes, schema: new () => T): T {
  if (sequenceContent(der) === null) throw unreadable()
  try {
    return AsnConvert.parse(der, schema)
  } catch {
    throw unreadable()
  }
}

const unreadable = () => new OcspProblem('The responder’s answer cannot be read')

function isAbout({ hashAlgorithm, issuerNameHash, issuerKeyHash, serialNumber }: CertId, id: CertificateId): boolean {
  return (
    hashAlgorithm.algorithm === SHA1 &&
    sameBytes(new Uint8Array(issuerNameHash), id.issuerNameHash) &&
    sameBytes(new Uint8Array(issuerKeyHash), id.issuerKeyHash) &&
    sameBytes(new Uint8Array(serialNumber), id.serial)
  )
}

function timesOf({ thisUpdate, nextUpdate }: SingleResponse, nowMs: number) {
  const [thisUpdateMs, nextUpdateMs] = [thisUpdate.getTime(), nextUpdate?.getTime()]
  if (nextUpdateMs === undefined) throw new OcspProblem('The answer does not say until when it is good')
  if (!(thisUpdateMs <= nowMs + SKEW_MS)) throw new OcspProblem('The answer is one of the future')
  if (!(nowMs < nextUpdateMs)) throw new OcspProblem('The answer has expired')
  return { thisUpdateMs, nextUpdateMs }
}

function statusOf({ certStatus: { good, revoked } }: SingleResponse) {
  if (good === null) return { status: 'good' as const }
  if (!revoked) throw new OcspProblem('The responder does not know the certificate')
  const revokedAtMs = revoked.revocationTime.getTime()
  if (Number.isNaN(revokedAtMs)) throw unreadable()
  return { status: 'revoked' as const, revokedAtMs }
}
