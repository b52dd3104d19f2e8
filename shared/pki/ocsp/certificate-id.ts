import type { Bytes } from '../bytes.ts'
import { AsnCertificate, AsnConvert, SubjectPublicKeyInfo, type X509Certificate } from '../x509.ts'

/** What a responder knows a certificate by (RFC 6960 4.1.1). */
export interface CertificateId {
  issuerNameHash: Bytes
  issuerKeyHash: Bytes
  serial: Bytes
}

export const SHA1 = '1.3.14.3.2.26'

/** By SHA-1, which guards nothing here: RFC 5019 asks for it, and HAProxy knows answers by nothing else. */
export async function certificateId(leaf: X509Certificate, issuer: X509Certificate): Promise<CertificateId> {
  const { subjectPublicKey } = AsnConvert.parse(issuer.publicKey.rawData, SubjectPublicKeyInfo)
  return {
    issuerNameHash: await sha1(leaf.issuerName.toArrayBuffer()),
    issuerKeyHash: await sha1(subjectPublicKey),
    serial: new Uint8Array(AsnConvert.parse(leaf.rawData, AsnCertificate).tbsCertificate.serialNumber),
  }
}

const sha1 = async (bytes: ArrayBuffer): Promise<Bytes> => new Uint8Array(await crypto.subtle.digest('SHA-1', bytes))
