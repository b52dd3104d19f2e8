import { z } from 'zod'
import { type Bytes, fromBase64, type Random, toBase64, utf8 } from '../pki/bytes.ts'
import type { CryptoKey } from '../pki/keys.ts'

const LEAST_CHARACTERS = 16
const LEAST_DIFFERENT = 8
/** workerd takes no more at once, hence several times. */
const ROUNDS = 100_000
const TIMES = 6
const SALT_BYTES = 16
const KEY_BITS = 256

/** Whoever has a document can try passphrases as fast as they like: so it must not be one that is guessed. */
export const Passphrase = z
  .string()
  .min(LEAST_CHARACTERS, `must have at least ${LEAST_CHARACTERS} characters, such as five random words`)
  .max(512, 'must have at most 512 characters')
  .refine((text) => new Set(text).size >= LEAST_DIFFERENT, `must have at least ${LEAST_DIFFERENT} different characters`)
  .meta({ description: 'Opens the document; it is kept nowhere', example: 'correct horse battery staple sunrise' })

/** How a key was made of the passphrase. */
export const Kdf = z.strictObject({
  name: z.literal('PBKDF2-SHA-256'),
  rounds: z.int().min(10_000).max(ROUNDS),
  /** How often, each time of what came out before. */
  times: z.int().min(1).max(100),
  salt: z.base64().length(24),
})
export type Kdf = z.infer<typeof Kdf>

export const newKdf = (random: Random): Kdf => ({
  name: 'PBKDF2-SHA-256',
  rounds: ROUNDS,
  times: TIMES,
  salt: toBase64(random(SALT_BYTES)),
})

export interface PassphraseKey {
  key: CryptoKey
  /** Tells a wrong passphrase from a document that was altered. */
  check: string
}

export async function keyOf(passphrase: string, { rounds, times, salt }: Kdf): Promise<PassphraseKey> {
  const saltBytes = fromBase64(salt) ?? new Uint8Array()
  let secret: Bytes = utf8(passphrase.normalize('NFC'))
  for (let time = 0; time < times; time++) secret = await stretched(secret, saltBytes, rounds)
  const base = await crypto.subtle.importKey('raw', secret, 'HKDF', false, ['deriveBits', 'deriveKey'])
  const use = (info: string) => ({ name: 'HKDF', hash: 'SHA-256', salt: saltBytes, info: utf8(info) })
  const check = new Uint8Array(await crypto.subtle.deriveBits(use('check'), base, 96))
  const aes = { name: 'AES-GCM', length: KEY_BITS }
  const key = await crypto.subtle.deriveKey(use('parts'), base, aes, false, ['encrypt', 'decrypt'])
  return { key, check: toBase64(check) }
}

async function stretched(secret: Bytes, salt: Bytes, iterations: number): Promise<Bytes> {
  const base = await crypto.subtle.importKey('raw', secret, 'PBKDF2', false, ['deriveBits'])
  const bits = await crypto.subtle.deriveBits({ name: 'PBKDF2', hash: 'SHA-256', salt, iterations }, base, KEY_BITS)
  return new Uint8Array(bits)
}
