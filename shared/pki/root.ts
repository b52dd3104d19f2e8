import { type Bytes, type Random, secureRandom, toHex } from './bytes.ts'
import { keyIdentifier, serialNumber, signCertificate } from './certificate.ts'
import { CA_CONSTRAINTS, CA_KEY_USAGE, nameConstraints, subjectKeyIdentifier } from './extensions.ts'
import { type CryptoKey, exportPublicKey, generateKeyPair } from './keys.ts'
import { CA_LIFE_MS, validityFrom } from './lifetime.ts'
import { isWithin } from './names.ts'
import { commonName } from './signed.ts'

export interface RootOptions {
  /** The CA can vouch for these and what is below them, and for no other name. */
  permittedDomains: string[]
  now?: () => number
  random?: Random
}

export interface RootCa {
  certificate: Bytes
  /** Extractable, so that it can be kept under seal. */
  privateKey: CryptoKey
}

export async function createRootCa(options: RootOptions): Promise<RootCa> {
  const { permittedDomains, now = Date.now, random = secureRandom } = options
  const keys = await generateKeyPair()
  const publicKey = await exportPublicKey(keys.publicKey)
  const keyId = await keyIdentifier(publicKey)
  // Every CA has a name of its own: verifiers look for the issuer, and for its revocation list, by name.
  const subject = commonName(`CloudLunacy Front CA ${toHex(keyId.subarray(0, 4))}`)
  const fields = {
    serial: serialNumber(random),
    issuer: subject,
    subject,
    publicKey,
    ...validityFrom(now(), CA_LIFE_MS),
    extensions: [
      CA_CONSTRAINTS,
      CA_KEY_USAGE,
      subjectKeyIdentifier(keyId),
      nameConstraints(withoutNested(permittedDomains)),
    ],
  }
  return { certificate: await signCertificate(fields, keys.privateKey), privateKey: keys.privateKey }
}

function withoutNested(domains: string[]): string[] {
  const unique = [...new Set(domains)]
  return unique.filter((name) => !unique.some((domain) => domain !== name && isWithin(name, domain)))
}
