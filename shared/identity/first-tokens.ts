import type { Kv } from '../kv/kv.ts'
import type { KeyedHash } from './keyed-hash.ts'

export type TokenKind = 'admin' | 'enrollment'

export interface FirstToken {
  kind: TokenKind
  /** From the environment; without one, a token is made when the store has none. */
  given: string | undefined
  random: (length: number) => Uint8Array<ArrayBuffer>
}

/** Keeps the token's hash. Gives back a token that was just made: nobody can learn it later. */
export async function ensureFirstToken(
  kv: Kv,
  hash: KeyedHash,
  { kind, given, random }: FirstToken,
): Promise<string | null> {
  const key = `tokens/${kind}`
  const kept = await kv.get<{ hash: string }>(key)
  if (kept && given === undefined) return null
  const token = given ?? `${kind}-${hex(random(24))}`
  const value = { hash: await hash(key, token) }
  if (kept?.value.hash === value.hash) return null
  const { ok } = await kv.commit([{ key, version: kept?.version ?? null }], [{ key, value }])
  // Another front was first: its token is the one.
  if (!ok) return ensureFirstToken(kv, hash, { kind, given, random })
  return given === undefined ? token : null
}

const hex = (bytes: Uint8Array) => Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('')
