import { textHash } from '../lib/text-hash.ts'
import {
  type Authority,
  type Bytes,
  type CertificateDescription,
  describeCertificate,
  exportPrivateKey,
  generateKeyPair,
  type Profile,
  toPem,
  type Vault,
} from '../pki/index.ts'
import type { EdgeRecord } from './records.ts'
import { edgeKey } from './store-keys.ts'

interface Edge {
  name: string
  origin: EdgeRecord['origin']
  directory?: string
  trusted?: boolean
  /** The server's own first. */
  chain: Bytes[]
  leaf: CertificateDescription
  /** PKCS#8. */
  privateKey: Bytes
}

export async function newCertificate(
  authority: Authority,
  profile: Profile,
): Promise<Pick<Edge, 'chain' | 'leaf' | 'privateKey'>> {
  const keys = await generateKeyPair()
  const { certificate } = await authority.issue(profile, keys.publicKey)
  const leaf = await describeCertificate(certificate)
  return { chain: [certificate], leaf, privateKey: await exportPrivateKey(keys.privateKey) }
}

export async function edgeRecord(
  { name, origin, directory, trusted, chain, leaf, privateKey }: Edge,
  { vault, nowMs }: { vault: Vault; nowMs: number },
): Promise<EdgeRecord> {
  const { sans, issuerKeyId, fingerprint, notBeforeMs, notAfterMs, ocsp } = leaf
  return {
    name,
    origin,
    ...(directory !== undefined && { directory }),
    ...(trusted !== undefined && { trusted }),
    chain: chain.map((der) => toPem('CERTIFICATE', der)).join(''),
    sealedKey: await vault.seal(edgeKey(name), privateKey),
    names: sans,
    issuerKeyId,
    fingerprint,
    notBeforeMs,
    notAfterMs,
    // Nobody can be asked about a certificate whose issuer is not known.
    ...(ocsp && chain.length > 1 && { ocsp }),
    updatedAt: new Date(nowMs).toISOString(),
  }
}

/** Another one as soon as somebody put another certificate there, or the same one again. */
export const edgeState = ({ fingerprint, updatedAt }: Pick<EdgeRecord, 'fingerprint' | 'updatedAt'>): string =>
  textHash(`${fingerprint} ${updatedAt}`)
