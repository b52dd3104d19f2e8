import type { Certificates } from '../certificates/certificates.ts'
import { toHex } from '../pki/bytes.ts'
import { toPem } from '../pki/index.ts'

/** What HAProxy knows the agents' certificates by. */
export interface TrustFiles {
  /** The CAs, and what each of them has revoked. */
  ca: TrustFile
  crl: TrustFile
}

/** Its name says its content: what HAProxy runs with is what its configuration names, whatever was stored since. */
export interface TrustFile {
  name: string
  content: string
}

const PREFIXES = { ca: 'front-ca-', crl: 'front-crl-' }

/** Of the front, however old. */
export const isTrustFile = (name: string): boolean =>
  Object.values(PREFIXES).some((prefix) => name.startsWith(prefix) && name.endsWith('.pem'))

export async function trustFiles({ bundle, crls }: Pick<Certificates, 'bundle' | 'crls'>): Promise<TrustFiles> {
  const lists = (await crls()).map(({ der }) => toPem('X509 CRL', der))
  return { ca: await named(PREFIXES.ca, await bundle()), crl: await named(PREFIXES.crl, lists.join('')) }
}

async function named(prefix: string, content: string): Promise<TrustFile> {
  const hash = new Uint8Array(await crypto.subtle.digest('SHA-256', new TextEncoder().encode(content)))
  return { name: `${prefix}${toHex(hash.subarray(0, 12))}.pem`, content }
}
