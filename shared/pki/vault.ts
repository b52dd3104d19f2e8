import { AppError, type ErrorCode } from '../errors.ts'
import { type Bytes, concat, fromBase64, type Random, sameBytes, secureRandom, toBase64, utf8 } from './bytes.ts'
import type { CryptoKey } from './keys.ts'

/** Keeps what must not be readable in a stolen store. */
export interface Vault {
  /** The text opens only for the same purpose, so that nobody can put one sealed value in another's place. */
  seal(purpose: string, plain: Bytes): Promise<string>
  open(purpose: string, sealed: string): Promise<Bytes>
}

export interface VaultOptions {
  /** SECRET_KEY: random bytes, not a password, because nothing here slows a guesser down. */
  secret: Bytes
  random?: Random
}

export const MIN_SECRET_BYTES = 32
const VERSION = 'sealed1'
const NONCE_BYTES = 12
const TAG_BYTES = 16
/** Names the secret without giving it away, to tell a wrong secret from a damaged value. */
const SECRET_ID_BYTES = 6

interface Keys {
  id: Bytes
  key: CryptoKey
}

/** A sealed value is the text `sealed1.` and base64 of: id of the secret, nonce, ciphertext with its tag. */
export async function createVault({ secret, random = secureRandom }: VaultOptions): Promise<Vault> {
  if (secret.length < MIN_SECRET_BYTES) throw new RangeError(`a secret key of at least ${MIN_SECRET_BYTES} bytes`)
  const { id, key } = await deriveKeys(secret)
  return {
    async seal(purpose, plain) {
      const iv = random(NONCE_BYTES)
      const cipher = await crypto.subtle.encrypt(gcm(iv, purpose), key, plain)
      return `${VERSION}.${toBase64(concat([id, iv, new Uint8Array(cipher)]))}`
    },
    async open(purpose, sealed) {
      const { secretId, iv, cipher } = parse(sealed)
      if (!sameBytes(secretId, id)) throw unusable('was sealed under another SECRET_KEY', 'WRONG_SECRET_KEY')
      const plain = await crypto.subtle.decrypt(gcm(iv, purpose), key, cipher).catch(() => null)
      if (plain === null) throw unusable('was changed, or was sealed for another purpose')
      return new Uint8Array(plain)
    },
  }
}

async function deriveKeys(secret: Bytes): Promise<Keys> {
  const base = await crypto.subtle.importKey('raw', secret, 'HKDF', false, ['deriveBits', 'deriveKey'])
  const derivation = (use: string) => ({ name: 'HKDF', hash: 'SHA-256', salt: utf8(VERSION), info: utf8(use) })
  const id = await crypto.subtle.deriveBits(derivation('id'), base, SECRET_ID_BYTES * 8)
  const aes = { name: 'AES-GCM', length: 256 }
  const key = await crypto.subtle.deriveKey(derivation('key'), base, aes, false, ['encrypt', 'decrypt'])
  return { id: new Uint8Array(id), key }
}

const gcm = (iv: Bytes, purpose: string) => {
  return { name: 'AES-GCM', iv, additionalData: utf8(`${VERSION}.${purpose}`), tagLength: TAG_BYTES * 8 }
}

function parse(sealed: string): { secretId: Bytes; iv: Bytes; cipher: Bytes } {
  const [version, body = '', ...rest] = sealed.split('.')
  const bytes = fromBase64(body)
  if (version !== VERSION || rest.length > 0 || bytes === null) throw unusable('is not of a known form')
  const cipherAt = SECRET_ID_BYTES + NONCE_BYTES
  if (bytes.length < cipherAt + TAG_BYTES) throw unusable('is too short')
  return {
    secretId: bytes.slice(0, SECRET_ID_BYTES),
    iv: bytes.slice(SECRET_ID_BYTES, cipherAt),
    cipher: bytes.slice(cipherAt),
  }
}

const unusable = (why: string, code: ErrorCode = 'INTERNAL') =>
  new AppError(code, `A sealed value cannot be opened: it ${why}`)
