import { textHash } from '../lib/text-hash.ts'
import { parseCertificate } from '../pki/describe.ts'
import {
  type Authority,
  type Bytes,
  describeCertificate,
  exportPrivateKey,
  generateKeyPair,
  type Profile,
  toPem,
  type Vault,
} from '../pki/index.ts'
import { mustStaple, ocspResponder } from '../pki/ocsp/responder.ts'
import type { EdgeOcsp, EdgeRecord } from './records.ts'
import { edgeKey } from './store-keys.ts'

interface Edge {
  name: string
  origin: EdgeRecord['origin']
  directory?: string
  /** The server's own first. */
  chain: Bytes[]
  /** PKCS#8. */
  privateKey: Bytes
}

export async function newCertificate(
  authority: Authority,
  profile: Profile,
): Promise<Pick<Edge, 'chain' | 'privateKey'>> {
  const keys = await generateKeyPair()
  const { certificate } = await authority.issue(profile, keys.publicKey)
  return { chain: [certificate], privateKey: await exportPrivateKey(keys.privateKey) }
}

export async function edgeRecord(
  { name, origin, directory, chain, privateKey }: Edge,
  { vault, nowMs }: { vault: Vault; nowMs: number },
): Promise<EdgeRecord> {
  const [leaf, issuer] = chain
  if (leaf === undefined) throw new RangeError('a chain without a certificate')
  const { sans, issuerKeyId, fingerprint, notBeforeMs, notAfterMs } = await describeCertificate(leaf)
  const ocsp = issuer && ocspOf(leaf)
  return {
    name,
    origin,
    ...(directory !== undefined && { directory }),
    chain: chain.map((der) => toPem('CERTIFICATE', der)).join(''),
    sealedKey: await vault.seal(edgeKey(name), privateKey),
    names: sans,
    issuerKeyId,
    fingerprint,
    notBeforeMs,
    notAfterMs,
    ...(ocsp && { ocsp }),
    updatedAt: new Date(nowMs).toISOString(),
  }
}

function ocspOf(leaf: Bytes): EdgeOcsp | null {
  const certificate = parseCertificate(leaf)
  const responder = ocspResponder(certificate)
  return responder === null ? null : { responder, ...(mustStaple(certificate) && { mustStaple: true }) }
}

/** Another one as soon as somebody put another certificate there, or the same one again. */
export const edgeState = ({ fingerprint, updatedAt }: Pick<EdgeRecord, 'fingerprint' | 'updatedAt'>): string =>
  textHash(`${fingerprint} ${updatedAt}`)
