import { createPrivateKey, X509Certificate } from 'node:crypto'

/** What the agent shows, and whom it believes, all as PEM. */
export interface Certificate {
  ca: string
  cert: string
  key: string
}

/** What a certificate says of itself. */
export interface CertificateFacts {
  notBeforeMs: number
  notAfterMs: number
  names: string[]
  fingerprint: string
}

/** In parts of its time: what is left is for a front that is away. */
const RENEWED_AFTER = 2 / 3

export function factsOf(cert: string): CertificateFacts {
  const { validFrom, validTo, subjectAltName = '', fingerprint256 } = new X509Certificate(cert)
  return {
    notBeforeMs: Date.parse(validFrom),
    notAfterMs: Date.parse(validTo),
    names: subjectAltName
      .split(', ')
      .filter(Boolean)
      .map((name) => name.replace(/^DNS:|^IP Address:/, '')),
    fingerprint: fingerprint256,
  }
}

export const renewalMs = ({ notBeforeMs, notAfterMs }: CertificateFacts): number =>
  notBeforeMs + (notAfterMs - notBeforeMs) * RENEWED_AFTER

/** Also where it is not valid yet, since the front's clock went back: until then nobody would take it. */
export const needsRenewal = (facts: CertificateFacts, nowMs: number): boolean =>
  nowMs < facts.notBeforeMs || nowMs >= renewalMs(facts)

/** Whether the three can be used together: they may have been written in part, or by another hand. */
export function fitsTogether({ ca, cert, key }: Certificate, agentId: string): boolean {
  try {
    const certificate = new X509Certificate(cert)
    const isOurs = certificate.subject.split('\n').includes(`CN=${agentId}`)
    return (
      isOurs &&
      certificate.checkPrivateKey(createPrivateKey(key)) &&
      authoritiesIn(ca).some((each) => certificate.checkIssued(each))
    )
  } catch {
    return false
  }
}

/** Each certificate of a bundle. */
export function authoritiesIn(pem: string): X509Certificate[] {
  const blocks = pem.match(/-----BEGIN CERTIFICATE-----[\s\S]+?-----END CERTIFICATE-----/g) ?? []
  return blocks.map((block) => new X509Certificate(block))
}
