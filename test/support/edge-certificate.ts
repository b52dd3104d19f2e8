import { X509Certificate } from 'node:crypto'
import { edgeProfile } from '../../shared/pki/index.ts'
import { certPem, issueTo, newAuthority } from '../pki/support.ts'

/** A certificate of somebody else's CA, with its key, as it is uploaded. */
export async function newCertificate(names: string[], nowMs = Date.now()) {
  const authority = await newAuthority({ now: () => nowMs })
  const holder = await issueTo(authority, edgeProfile(names))
  const fingerprint = new X509Certificate(holder.cert).fingerprint256
  return { pem: holder.cert + certPem(authority.certificate) + holder.key, fingerprint }
}
