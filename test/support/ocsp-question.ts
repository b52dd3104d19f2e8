import { type OcspQuestion, ocspQuestion } from '../../shared/pki/ocsp/question.ts'
import { fromPem } from '../../shared/pki/pem.ts'
import type { OcspCa, OcspCertificate } from './ocsp-ca.ts'

export function questionAbout(ca: OcspCa, { certificate }: OcspCertificate): Promise<OcspQuestion> {
  const [leaf, issuer] = fromPem(certificate + ca.certificate)
  if (!leaf || !issuer) throw new Error('a chain of two')
  return ocspQuestion(leaf.der, issuer.der)
}
