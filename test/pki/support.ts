import { execFile } from 'node:child_process'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { secureRandom } from '../../shared/pki/bytes.ts'
import { keyIdentifier, serialNumber, signCertificate } from '../../shared/pki/certificate.ts'
import { authorityKeyIdentifier, subjectAltName, subjectKeyIdentifier } from '../../shared/pki/extensions.ts'
import {
  type Authority,
  type AuthorityOptions,
  agentProfile,
  type Bytes,
  type CryptoKey,
  createAuthority,
  createRootCa,
  exportPrivateKey,
  exportPublicKey,
  generateKeyPair,
  type Issued,
  type IssueOptions,
  type Profile,
  toPem,
} from '../../shared/pki/index.ts'
import { commonName } from '../../shared/pki/signed.ts'
import { X509Certificate } from '../../shared/pki/x509.ts'
import { newFolder } from '../support/folder.ts'

export const DOMAIN = 'front.test'
export const API_HOST = `front.${DOMAIN}`
export const CRL_URL = `http://${API_HOST}/ca.crl`
export const DAY_MS = 86_400_000

export const profileOf = (agentId: string, verifiedIp?: string): Profile =>
  agentProfile({ agentId, verifiedIp, domain: DOMAIN, mongodbDomain: `mongodb.${DOMAIN}` })

/** Whoever signs: a certificate with its key. */
export interface Signer {
  certificate: Bytes
  privateKey: CryptoKey
}

/** A CA as after a first start. */
export async function newAuthority(options: Partial<AuthorityOptions> = {}): Promise<Authority & Signer> {
  const root = await createRootCa({ permittedDomains: [DOMAIN, 'localhost'], now: options.now })
  const authority = await createAuthority({ ...root, crlUrl: CRL_URL, ...options })
  return { ...authority, privateKey: root.privateKey }
}

/** What an agent keeps: its certificate and its key, both also as PEM. */
export interface Holder extends Issued, Signer {
  cert: string
  key: string
}

export async function issueTo(authority: Authority, profile: Profile, options?: IssueOptions): Promise<Holder> {
  const { privateKey, publicKey } = await generateKeyPair()
  const issued = await authority.issue(profile, publicKey, options)
  return { ...issued, privateKey, cert: certPem(issued.certificate), key: await keyPem(privateKey) }
}

/** What a key can sign when none of our own checks stands in the way: only the names are the profile's. */
export async function forge(
  signer: Signer,
  { commonName: cn, dnsNames }: Pick<Profile, 'commonName' | 'dnsNames'>,
  others: { subject?: Bytes; notAfterMs?: number; serial?: Bytes } = {},
) {
  const keys = await generateKeyPair()
  const publicKey = await exportPublicKey(keys.publicKey)
  const issuer = new X509Certificate(signer.certificate)
  const issuerKeyId = await keyIdentifier(new Uint8Array(issuer.publicKey.rawData))
  const fields = {
    serial: serialNumber(secureRandom),
    issuer: new Uint8Array(issuer.subjectName.toArrayBuffer()),
    subject: commonName(cn),
    publicKey,
    notBeforeMs: Date.now() - DAY_MS,
    notAfterMs: Date.now() + DAY_MS,
    ...others,
    extensions: [
      authorityKeyIdentifier(issuerKeyId),
      subjectKeyIdentifier(await keyIdentifier(publicKey)),
      ...(dnsNames.length > 0 ? [subjectAltName(dnsNames, [])] : []),
    ],
  }
  const cert = certPem(await signCertificate(fields, signer.privateKey))
  return { cert, key: await keyPem(keys.privateKey) }
}

export const certPem = (der: Bytes): string => toPem('CERTIFICATE', der)
export const keyPem = async (key: CryptoKey): Promise<string> => toPem('PRIVATE KEY', await exportPrivateKey(key))

/** A list that revokes these, signed by the authority. */
export async function crlPem(authority: Authority, revoked: Issued[] = []): Promise<string> {
  const revocations = revoked.map(({ serial, issuerKeyId, notAfterMs }) => {
    return { serial, issuerKeyId, notAfterMs, revokedAtMs: Date.now(), reason: 'keyCompromise' as const }
  })
  return toPem('X509 CRL', (await authority.signCrl({ number: 1, revocations })).crl)
}

export type Files = Record<string, string | Uint8Array>

/** Both output streams together. */
export interface OpensslResult {
  ok: boolean
  text: string
}

/** Runs `openssl` in a folder of its own that holds the given files. */
export async function openssl(args: string, files: Files = {}): Promise<OpensslResult> {
  return opensslIn(await folderWith(files), args)
}

export function opensslIn(cwd: string, args: string): Promise<OpensslResult> {
  return new Promise((resolve) => {
    execFile('openssl', args.split(' '), { cwd, maxBuffer: 64 * 1024 * 1024 }, (error, stdout, stderr) => {
      resolve({ ok: error === null, text: stdout + stderr })
    })
  })
}

/** A folder with these files, gone when the test is over. */
export async function folderWith(files: Files = {}): Promise<string> {
  const folder = newFolder()
  await Promise.all(Object.entries(files).map(([name, content]) => writeFile(join(folder, name), content)))
  return folder
}
