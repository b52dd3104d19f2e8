import type { Bytes } from './bytes.ts'
import { type CertificateDescription, describeParsed, parseCertificate } from './describe.ts'
import type { EdgeProblem } from './edge-problems.ts'
import type { X509Certificate } from './x509.ts'

export interface ChainLink {
  der: Bytes
  parsed: X509Certificate
  /** SubjectPublicKeyInfo. */
  publicKey: Bytes
  description: CertificateDescription
}

/** `null` for a certificate that cannot be read. */
export async function readLink(der: Bytes): Promise<ChainLink | null> {
  try {
    const parsed = parseCertificate(der)
    const publicKey = new Uint8Array(parsed.publicKey.rawData)
    return { der, parsed, publicKey, description: await describeParsed(parsed) }
  } catch {
    return null
  }
}

/** What is wrong with the order and the dates of a chain whose leaf comes first. */
export async function chainProblems(chain: ChainLink[], nowMs: number): Promise<EdgeProblem[]> {
  const problems = chain.map(async (link, at) => [
    ...validityProblems(link, at + 1, nowMs),
    ...(await orderProblems(link, chain[at + 1], at + 1)),
  ])
  return (await Promise.all(problems)).flat()
}

function validityProblems({ description }: ChainLink, position: number, nowMs: number): EdgeProblem[] {
  const { notBeforeMs, notAfterMs } = description
  if (nowMs < notBeforeMs) return [{ reason: 'not_yet_valid', position, notBeforeMs }]
  return nowMs < notAfterMs ? [] : [{ reason: 'expired', position, notAfterMs }]
}

async function orderProblems(link: ChainLink, next: ChainLink | undefined, position: number): Promise<EdgeProblem[]> {
  if (next === undefined) return []
  if (!(await isSignedBy(link, next))) return [{ reason: 'not_signed_by_next', position }]
  return next.description.isCa ? [] : [{ reason: 'next_is_no_ca', position }]
}

async function isSignedBy(link: ChainLink, issuer: ChainLink): Promise<boolean> {
  if (link.description.issuer !== issuer.description.subject) return false
  return link.parsed.verify({ publicKey: issuer.parsed, signatureOnly: true }).catch(() => false)
}
