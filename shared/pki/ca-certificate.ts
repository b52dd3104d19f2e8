import type { Bytes } from './bytes.ts'
import { type CertificateDescription, describeCertificate, parseCertificate, reading } from './describe.ts'
import { OID } from './extensions.ts'
import { AsnConvert, NameConstraints, type X509Certificate } from './x509.ts'

/** What a CA must know about its own certificate to sign others. */
export interface CaCertificate {
  description: CertificateDescription
  keyId: string
  /** As DER: the issuer in all that it signs. */
  subject: Bytes
  /** SubjectPublicKeyInfo. */
  publicKey: Bytes
  /** `null` when it may vouch for every name. */
  permittedDomains: string[] | null
}

export async function readCaCertificate(der: Bytes): Promise<CaCertificate> {
  const description = await describeCertificate(der)
  const { isCa, keyId } = description
  if (!isCa || keyId === null) throw new RangeError('not a certificate of a CA with a key identifier')
  const certificate = parseCertificate(der)
  return reading(() => ({
    description,
    keyId,
    subject: new Uint8Array(certificate.subjectName.toArrayBuffer()),
    publicKey: new Uint8Array(certificate.publicKey.rawData),
    permittedDomains: permittedDomains(certificate),
  }))
}

function permittedDomains(certificate: X509Certificate): string[] | null {
  const extension = certificate.getExtension(OID.nameConstraints)
  if (extension === null) return null
  const { permittedSubtrees } = AsnConvert.parse(extension.value, NameConstraints)
  return Array.from(permittedSubtrees ?? []).flatMap(({ base }) => base.dNSName ?? [])
}
