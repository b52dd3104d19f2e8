import { base64url } from 'jose'
import { RANDOM_KEY } from '../domain/random-key.ts'
import { sameText } from '../lib/same-text.ts'
import type { FewAtOnce } from './few-at-once.ts'
import type { KeyedHash } from './keyed-hash.ts'

/**
 * How an agent's key is kept. Both hashes are keyed with SECRET_KEY, so that a stolen store alone allows no guessing.
 * Another number of rounds would be another kind: all keys of one kind cost the same.
 */
export type StoredKey = { kind: 'random'; hash: string } | { kind: 'chosen'; salt: string; hash: string }

type Random = (length: number) => Uint8Array<ArrayBuffer>

export interface KeyChecking {
  hash: KeyedHash
  /** Where the slow computations wait for their turn. */
  fewAtOnce: FewAtOnce
}

export interface KeyStoring extends KeyChecking {
  random: Random
}

/** workerd takes no more. */
const ROUNDS = 100_000
const SALT_BYTES = 16

/** What an unknown agent's key is checked against. */
const DECOYS = {
  random: { kind: 'random', hash: '0'.repeat(64) },
  chosen: { kind: 'chosen', salt: base64url.encode(new Uint8Array(SALT_BYTES)), hash: '0'.repeat(64) },
} as const satisfies Record<StoredKey['kind'], StoredKey>

const encoder = new TextEncoder()

/** 256 bits: nobody guesses it, so it may be checked fast. */
export const newAgentKey = (random: Random): string => RANDOM_KEY.prefix + base64url.encode(random(RANDOM_KEY.bytes))

export async function storeKey(key: string, { random, ...checking }: KeyStoring): Promise<StoredKey> {
  const kind = kindOf(key)
  const unhashed =
    kind === 'random' ? { kind, hash: '' } : { kind, salt: base64url.encode(random(SALT_BYTES)), hash: '' }
  return { ...unhashed, hash: await hashLike(unhashed, key, checking) }
}

/**
 * `null` stands for an unknown agent.
 *
 * The two kinds differ in cost several hundredfold, so the presented key alone decides which is computed: a chosen key
 * costs PBKDF2 whether its agent is unknown, has a random key, or has another chosen one. Time then says nothing
 * about what is stored, and what does not fit is compared with a decoy of the presented kind.
 */
export async function checkKey(key: string, stored: StoredKey | null, checking: KeyChecking): Promise<boolean> {
  const decoy = decoyKey(key)
  const fits = stored !== null && stored.kind === decoy.kind
  const against = fits ? stored : decoy
  const same = sameText(await hashLike(against, key, checking), against.hash)
  return same && fits
}

/** Of the presented key's kind, and never equal to it. */
export const decoyKey = (key: string): StoredKey => DECOYS[kindOf(key)]

export const isRandomKey = (key: string): boolean => RANDOM_KEY.form.test(key)

const kindOf = (key: string): StoredKey['kind'] => (isRandomKey(key) ? 'random' : 'chosen')

async function hashLike(stored: StoredKey, key: string, { hash, fewAtOnce }: KeyChecking): Promise<string> {
  if (stored.kind === 'random') return hash('agent-key/random', key)
  return hash('agent-key/chosen', await fewAtOnce(() => stretch(key, base64url.decode(stored.salt))))
}

async function stretch(key: string, salt: Uint8Array): Promise<string> {
  const algorithm = { name: 'PBKDF2', hash: 'SHA-256', salt: new Uint8Array(salt), iterations: ROUNDS }
  const base = await crypto.subtle.importKey('raw', encoder.encode(key), 'PBKDF2', false, ['deriveBits'])
  return base64url.encode(new Uint8Array(await crypto.subtle.deriveBits(algorithm, base, RANDOM_KEY.bytes * 8)))
}
