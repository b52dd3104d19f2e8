import type { Bytes } from '../bytes.ts'
import { integer, octetString, oid, sequence, tagged } from '../der.ts'
import type { CertificateId } from './certificate-id.ts'
import { SHA1 } from './certificate-id.ts'

const NULL = tagged(0x05)

/** Asks for one certificate (RFC 6960 4.1.1); without a nonce, so that the responder may answer out of its cache. */
export function ocspRequest({ issuerNameHash, issuerKeyHash, serial }: CertificateId): Bytes {
  const sha1 = sequence(oid(SHA1), NULL)
  const id = sequence(sha1, octetString(issuerNameHash), octetString(issuerKeyHash), integer(serial))
  return sequence(sequence(sequence(sequence(id))))
}
