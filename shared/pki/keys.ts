import type { Bytes } from './bytes.ts'
import { utf8 } from './bytes.ts'

/** A type of this name is global in a worker, but in Node only the class is. */
export type CryptoKey = InstanceType<typeof CryptoKey>
export interface KeyPair {
  privateKey: CryptoKey
  publicKey: CryptoKey
}

export const P256 = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' }

export const generateKeyPair = async (): Promise<KeyPair> => {
  return (await crypto.subtle.generateKey(P256, true, ['sign', 'verify'])) as KeyPair
}

/** PKCS#8, and only of a key that may leave WebCrypto. */
export const exportPrivateKey = async (key: CryptoKey): Promise<Bytes> => {
  return new Uint8Array((await crypto.subtle.exportKey('pkcs8', key)) as ArrayBuffer)
}

/** SubjectPublicKeyInfo. */
export const exportPublicKey = async (key: CryptoKey): Promise<Bytes> => {
  return new Uint8Array((await crypto.subtle.exportKey('spki', key)) as ArrayBuffer)
}

/** From PKCS#8. It signs, and never leaves WebCrypto again unless it is asked to be extractable. */
export const importPrivateKey = (pkcs8: Bytes, { extractable = false } = {}): Promise<CryptoKey> => {
  return crypto.subtle.importKey('pkcs8', pkcs8, P256, extractable, ['sign'])
}

/** Of a private key that may leave WebCrypto. */
export const publicHalfOf = async (key: CryptoKey): Promise<CryptoKey> => {
  const jwk = await crypto.subtle.exportKey('jwk', key)
  const { d: _, key_ops: __, ...half } = jwk as Exclude<typeof jwk, ArrayBuffer>
  return crypto.subtle.importKey('jwk', half, P256, true, ['verify'])
}

/** From SubjectPublicKeyInfo. */
export const importPublicKey = (spki: Bytes): Promise<CryptoKey> => {
  return crypto.subtle.importKey('spki', spki, P256, true, ['verify'])
}

/**
 * Do the two belong together? One signature answers for every type of key,
 * and for private keys that cannot be exported too.
 */
export async function keysFit(privateKey: CryptoKey, publicKey: CryptoKey): Promise<boolean> {
  if (privateKey.algorithm.name !== publicKey.algorithm.name) return false
  const algorithm = { name: privateKey.algorithm.name, hash: 'SHA-256' }
  const message = utf8('Do these keys fit?')
  const signature = await crypto.subtle.sign(algorithm, privateKey, message)
  return crypto.subtle.verify(algorithm, publicKey, signature, message)
}
