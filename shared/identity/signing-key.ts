import { type CryptoKey, calculateJwkThumbprint, exportJWK, generateKeyPair, importJWK, type JWK } from 'jose'
import type { KeyTimes } from './key-rotation.ts'

export const ALGORITHM = 'ES256'

/** Keeps what must not be readable in a stolen store: what was sealed for one purpose opens for no other. */
export interface Vault {
  seal(purpose: string, plain: Uint8Array<ArrayBuffer>): Promise<string>
  open(purpose: string, sealed: string): Promise<Uint8Array<ArrayBuffer>>
}

/** The kid is the thumbprint of the public key (RFC 7638). */
export interface SigningKey extends KeyTimes {
  kid: string
  publicJwk: JWK
  publicKey: CryptoKey
  privateKey: CryptoKey
}

/**
 * As it is kept. The private JWK holds the public one too, and the record has no other: whoever can write to the store
 * but does not know SECRET_KEY cannot make the front trust a key of theirs.
 */
export type SigningKeyRecord = { sealed: string; madeAtMs: number; signsFromMs: number }

export async function makeSigningKey(
  vault: Vault,
  times: KeyTimes,
): Promise<{ kid: string; record: SigningKeyRecord }> {
  const { privateKey } = await generateKeyPair(ALGORITHM, { extractable: true })
  const jwk = await exportJWK(privateKey)
  const kid = await calculateJwkThumbprint(jwk)
  const plain = new Uint8Array(new TextEncoder().encode(JSON.stringify(jwk)))
  const sealed = await vault.seal(purposeOf(kid), plain)
  return { kid, record: { ...times, sealed } }
}

export async function openSigningKey(
  vault: Vault,
  kid: string,
  { sealed, ...times }: SigningKeyRecord,
): Promise<SigningKey> {
  const jwk: JWK = JSON.parse(new TextDecoder().decode(await vault.open(purposeOf(kid), sealed)))
  const { kty, crv, x, y } = jwk
  const publicJwk = { kty, crv, x, y, kid, alg: ALGORITHM, use: 'sig' }
  const [publicKey, privateKey] = await Promise.all([importKey(publicJwk), importKey(jwk)])
  return { ...times, kid, publicJwk, publicKey, privateKey }
}

const purposeOf = (kid: string) => `jwt-keys/${kid}`

/** Imported when the key is read, not again for each token. */
const importKey = async (jwk: JWK) => (await importJWK(jwk, ALGORITHM)) as CryptoKey
