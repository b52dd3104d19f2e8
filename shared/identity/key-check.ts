import { AppError } from '../errors.ts'
import type { Kv } from '../kv/kv.ts'
import type { KeyedHash } from './keyed-hash.ts'

const KEY = 'meta/key-check'

/** A store belongs to one SECRET_KEY: under another, nothing in it could be verified or decrypted. */
export async function assertSecretKey(kv: Kv, hash: KeyedHash): Promise<void> {
  const expected = await hash('key-check', KEY)
  await kv.commit([{ key: KEY, version: null }], [{ key: KEY, value: expected }])
  const kept = await kv.get<string>(KEY)
  if (kept?.value === expected) return
  throw new AppError(
    'WRONG_SECRET_KEY',
    'SECRET_KEY is not the one that this store was made with: set it to that one, or start with an empty store',
  )
}
