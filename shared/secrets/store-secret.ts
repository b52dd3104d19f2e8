import { AppError } from '../errors.ts'
import type { Kv, Write } from '../kv/kv.ts'
import { toHex } from '../lib/hex.ts'
import { type Random, utf8 } from '../pki/bytes.ts'
import type { Vault } from '../pki/index.ts'

/**
 * What everything in the store is hashed and encrypted under. It lies in the store itself, sealed under SECRET_KEY: so a
 * store can go to a front with another SECRET_KEY, with all keys and tokens as they were.
 */
export type StoreSecretRecord = {
  sealed: string
  /** An import has decided to put other contents in the store's place, and is not through with that. */
  importing: boolean
}

export const STORE_SECRET = 'meta/store-secret'
const LENGTH_BYTES = 32

export async function storeSecretWrite(master: Vault, text: string, importing = false): Promise<Write> {
  const record: StoreSecretRecord = { sealed: await master.seal(STORE_SECRET, utf8(text)), importing }
  return { key: STORE_SECRET, value: record }
}

export async function openStoreSecret(master: Vault, { sealed }: StoreSecretRecord): Promise<string> {
  return new TextDecoder().decode(await master.open(STORE_SECRET, sealed))
}

/** A new store gets a secret of its own. */
export async function ensureStoreSecret(kv: Kv, master: Vault, random: Random): Promise<void> {
  if (await kv.get(STORE_SECRET)) return
  const write = await storeSecretWrite(master, toHex(random(LENGTH_BYTES)))
  await kv.commit([{ key: STORE_SECRET, version: null }], [write])
}

/** Of a release whose stores were hashed and encrypted under SECRET_KEY: this stays true of what is there. */
export async function keepSecretKeyAsSecret(kv: Kv, master: Vault, secretKey: string): Promise<void> {
  await kv.commit([{ key: STORE_SECRET, version: null }], [await storeSecretWrite(master, secretKey)])
}

export const importGoesOn = () =>
  new AppError('NOT_READY', 'An import is being finished: try again in a few seconds', {
    headers: { 'retry-after': '2' },
  })
