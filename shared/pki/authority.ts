import { AppError } from '../errors.ts'
import { type Bytes, fromHex, type Random, secureRandom, toHex } from './bytes.ts'
import { type CaCertificate, readCaCertificate } from './ca-certificate.ts'
import { keyIdentifier, serialNumber, signCertificate, type Validity } from './certificate.ts'
import { type Revocation, type SignedCrl, signCrl } from './crl.ts'
import type { CertificateDescription } from './describe.ts'
import {
  authorityKeyIdentifier,
  crlDistributionPoint,
  extendedKeyUsage,
  LEAF_CONSTRAINTS,
  LEAF_KEY_USAGE,
  subjectAltName,
  subjectKeyIdentifier,
} from './extensions.ts'
import { type CryptoKey, exportPublicKey, importPublicKey, keysFit } from './keys.ts'
import { LEAF_LIFE_MS, validityFrom, within } from './lifetime.ts'
import { isWithin } from './names.ts'
import type { Profile } from './profiles.ts'
import { commonName } from './signed.ts'

export interface AuthorityOptions {
  /** The CA's own. */
  certificate: Bytes
  privateKey: CryptoKey
  /** Where whoever checks a certificate finds this CA's revocation list. */
  crlUrl: string
  now?: () => number
  random?: Random
}

export interface Issued extends Validity {
  certificate: Bytes
  /** Hexadecimal digits: with the issuer's key id they name the certificate when it is revoked. */
  serial: string
  issuerKeyId: string
}

export interface IssueOptions {
  /** Default, and longest: 90 days. Cut where the CA's own life ends. */
  lifeMs?: number
}

export interface CrlRequest {
  /** Greater with each list of this CA. */
  number: number
  /** Those of other CAs are passed over: everything that is revoked can be given to each CA. */
  revocations: readonly Revocation[]
}

export interface Authority {
  certificate: Bytes
  description: CertificateDescription
  keyId: string
  /** `null` when it is not limited. */
  permittedDomains: string[] | null
  /** May this CA vouch for the name? When the front's domain was changed, it takes a new CA. */
  permits(dnsName: string): boolean
  /** The public key as CryptoKey or SubjectPublicKeyInfo. */
  issue(profile: Profile, publicKey: CryptoKey | Bytes, options?: IssueOptions): Promise<Issued>
  signCrl(request: CrlRequest): Promise<SignedCrl>
}

/** A CA that is ready to sign: what all its certificates share is encoded once. */
export async function createAuthority(options: AuthorityOptions): Promise<Authority> {
  const { certificate, privateKey, crlUrl, now = Date.now, random = secureRandom } = options
  const ca = await readCaCertificate(certificate)
  await assertFits(privateKey, ca)
  const shared = [
    LEAF_CONSTRAINTS,
    LEAF_KEY_USAGE,
    authorityKeyIdentifier(fromHex(ca.keyId)),
    crlDistributionPoint(crlUrl),
  ]
  const permits = (name: string) => ca.permittedDomains?.some((domain) => isWithin(name, domain)) ?? true

  return {
    certificate,
    description: ca.description,
    keyId: ca.keyId,
    permittedDomains: ca.permittedDomains,
    permits,

    async issue(profile, publicKey, { lifeMs = LEAF_LIFE_MS } = {}) {
      const foreign = profile.dnsNames.find((name) => !permits(name))
      if (foreign !== undefined) throw new RangeError(`the CA may not vouch for ${JSON.stringify(foreign)}`)
      const validity = leafValidity(now(), lifeMs, ca.description)
      const serial = serialNumber(random)
      const spki = 'usages' in publicKey ? await exportPublicKey(publicKey) : publicKey
      const extensions = [...shared, ...(await ownExtensions(profile, spki))]
      const names = { issuer: ca.subject, subject: commonName(profile.commonName) }
      const issued = await signCertificate({ serial, ...names, publicKey: spki, ...validity, extensions }, privateKey)
      return { certificate: issued, serial: toHex(serial), issuerKeyId: ca.keyId, ...validity }
    },

    signCrl: ({ number, revocations }) => {
      const own = revocations.filter(({ issuerKeyId }) => issuerKeyId === ca.keyId)
      const fields = { issuer: ca.subject, issuerKeyId: ca.keyId, number, revocations: own, nowMs: now() }
      return signCrl(fields, privateKey)
    },
  }
}

async function assertFits(privateKey: CryptoKey, ca: CaCertificate): Promise<void> {
  const publicKey = await importPublicKey(ca.publicKey)
  if (!(await keysFit(privateKey, publicKey))) throw new RangeError('not the private key of this CA')
}

function leafValidity(nowMs: number, lifeMs: number, ca: Validity): Validity {
  if (!(lifeMs >= 1_000 && lifeMs <= LEAF_LIFE_MS)) {
    throw new RangeError(`not a life of a second to 90 days: ${lifeMs} ms`)
  }
  const validity = within(validityFrom(nowMs, lifeMs), ca)
  if (validity.notAfterMs <= nowMs) throw new AppError('INTERNAL', 'The certificate authority has expired: rotate it')
  return validity
}

async function ownExtensions({ dnsNames, ips, usages }: Profile, publicKey: Bytes): Promise<Bytes[]> {
  const keyId = await keyIdentifier(publicKey)
  return [extendedKeyUsage(usages), subjectKeyIdentifier(keyId), subjectAltName(dnsNames, ips)]
}
