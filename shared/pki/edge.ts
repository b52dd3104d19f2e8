/** Checks what somebody uploads for HAProxy to serve: a chain and its private key, as PEM. */
import { AppError } from '../errors.ts'
import { acceptPublicKey } from './accepted-keys.ts'
import type { Bytes } from './bytes.ts'
import { type ChainLink, chainProblems, readLink } from './chain.ts'
import type { CertificateDescription } from './describe.ts'
import type { EdgeProblem } from './edge-problems.ts'
import { EXTENDED_USAGE } from './extensions.ts'
import { type CryptoKey, exportPrivateKey, keysFit } from './keys.ts'
import { covers } from './names.ts'
import { fromPem, type PemBlock } from './pem.ts'
import { isEncryptedKeyBlock, isPrivateKeyBlock, privateKeysFrom } from './private-key-pem.ts'
import { ExtendedKeyUsageExtension } from './x509.ts'

const MAX_CHAIN_LENGTH = 10

export interface EdgeUpload {
  /** Certificates, the server's own first, and the private key anywhere among them. */
  pem: string
  /** What it is to be served for. */
  names: string[]
  nowMs: number
}

/** `privateKey` is PKCS#8 as WebCrypto writes it, so that HAProxy never meets the bytes that were sent. */
export type EdgeResult = { ok: true; chain: Bytes[]; leaf: CertificateDescription; privateKey: Bytes } | Refused

export async function checkEdge({ pem, names, nowMs }: EdgeUpload): Promise<EdgeResult> {
  const upload = readUpload(pem)
  if (!upload.ok) return upload
  const read = await readChain(upload.certificates)
  if (!read.ok) return read
  const { chain, leaf } = read
  const key = await findKey(leaf, upload.key)
  const problems = [
    ...(key.ok ? [] : key.problems),
    ...(await chainProblems(chain, nowMs)),
    ...issuerProblems(chain),
    ...usageProblems(leaf),
    ...nameProblems(leaf, names),
  ]
  if (!key.ok || problems.length > 0) return refused(...problems)
  const privateKey = await exportPrivateKey(key.key)
  return { ok: true, chain: chain.map(({ der }) => der), leaf: leaf.description, privateKey }
}

interface Refused {
  ok: false
  problems: EdgeProblem[]
}

const refused = (...problems: EdgeProblem[]): Refused => ({ ok: false, problems })

function readUpload(pem: string): { ok: true; certificates: PemBlock[]; key: PemBlock } | Refused {
  let blocks: PemBlock[]
  try {
    blocks = fromPem(pem)
  } catch (error) {
    return refused({ reason: 'bad_pem', message: error instanceof AppError ? error.message : 'This is no PEM' })
  }
  const certificates = blocks.filter(({ label }) => label === 'CERTIFICATE')
  const [key, ...moreKeys] = blocks.filter(isPrivateKeyBlock)
  if (certificates.length === 0) return refused({ reason: 'no_certificate' })
  if (certificates.length > MAX_CHAIN_LENGTH) {
    return refused({ reason: 'too_many_certificates', max: MAX_CHAIN_LENGTH })
  }
  if (key === undefined) return refused({ reason: 'no_key' })
  if (moreKeys.length > 0) return refused({ reason: 'several_keys' })
  return isEncryptedKeyBlock(key) ? refused({ reason: 'encrypted_key' }) : { ok: true, certificates, key }
}

async function readChain(blocks: PemBlock[]): Promise<{ ok: true; chain: ChainLink[]; leaf: ChainLink } | Refused> {
  const links = await Promise.all(blocks.map(({ der }) => readLink(der)))
  const chain = links.filter((link) => link !== null)
  const [leaf] = chain
  if (chain.length === links.length && leaf !== undefined) return { ok: true, chain, leaf }
  return refused(...links.flatMap((link, at) => (link ? [] : [unreadable(at + 1)])))
}

const unreadable = (position: number): EdgeProblem => ({ reason: 'unreadable_certificate', position })

async function findKey(leaf: ChainLink, block: PemBlock): Promise<{ ok: true; key: CryptoKey } | Refused> {
  const certified = await acceptPublicKey(leaf.publicKey)
  if (certified === null) return refused({ reason: 'key_not_accepted' })
  const readings = await privateKeysFrom(block)
  for (const key of readings) if (await keysFit(key, certified.key)) return { ok: true, key }
  return refused({ reason: readings.length === 0 ? 'unreadable_key' : 'key_does_not_fit' })
}

/** HAProxy from 3.0 on to before 3.5 does not start with such a certificate where it asks responders by itself. */
function issuerProblems([leaf, issuer]: ChainLink[]): EdgeProblem[] {
  return leaf?.description.ocsp && !issuer ? [{ reason: 'issuer_missing' }] : []
}

/** RFC 5280 4.2.1.12: without the extension a certificate is good for everything. */
function usageProblems({ parsed }: ChainLink): EdgeProblem[] {
  const usages = parsed.getExtension(ExtendedKeyUsageExtension)?.usages
  const good = !usages || usages.includes(EXTENDED_USAGE.server) || usages.includes(ANY_USAGE)
  return good ? [] : [{ reason: 'not_for_servers' }]
}

const ANY_USAGE = '2.5.29.37.0'

/** The common name does not count: no client of today looks at it. */
function nameProblems({ description }: ChainLink, names: string[]): EdgeProblem[] {
  const missing = names.filter((name) => !description.sans.some((san) => covers(san, name)))
  return missing.map((name) => ({ reason: 'name_missing', name }))
}
