import { AppError } from '../errors.ts'
import { type KeyedHash, keyedHash } from '../identity/keyed-hash.ts'
import type { Kv } from '../kv/kv.ts'
import { reloading } from '../lib/reloading.ts'
import { utf8 } from '../pki/bytes.ts'
import { createVault, type Vault } from '../pki/index.ts'
import { importGoesOn, openStoreSecret, STORE_SECRET, type StoreSecretRecord } from './store-secret.ts'

/** Hashing and sealing as the store has it at the moment: an import brings another secret, here or on another front. */
export interface StoreSecrets {
  hash: KeyedHash
  vault: Vault
  /** The secret itself, for an export. */
  text(): Promise<string>
  /** Throws NOT_READY while an import is being finished. */
  assertReady(): Promise<void>
  /** Looks at once rather than in a moment. */
  lookAgain(): void
}

interface Opened {
  version: number
  importing: boolean
  text: string
  hash: KeyedHash
  vault: Vault
}

/** How long a front may not know that another one has begun to replace the secret: an import waits for longer. */
export const SECRET_MAX_AGE_MS = 1_000

export interface StoreSecretsOptions {
  kv: Kv
  /** Under SECRET_KEY. */
  master: Vault
  now: () => number
  /** What was read under the former secret is no longer true. */
  replaced: () => void
}

export function createStoreSecrets({ kv, master, now, replaced }: StoreSecretsOptions): StoreSecrets {
  let opened: Opened | null = null

  const load = async (): Promise<Opened> => {
    const entry = await kv.get<StoreSecretRecord>(STORE_SECRET)
    if (!entry) throw new AppError('STORE_UNAVAILABLE', 'The store has lost its secret: was it emptied?')
    if (opened?.version === entry.version) return opened
    const text = await openStoreSecret(master, entry.value)
    const before = opened
    opened = { version: entry.version, importing: entry.value.importing, text, ...(await madeOf(text)) }
    if (before) replaced()
    return opened
  }
  const known = reloading(load, { now, maxAgeMs: SECRET_MAX_AGE_MS, minAgeMs: 100 })

  const current = async (): Promise<Opened> => {
    const found = await known.get()
    if (found.importing) throw importGoesOn()
    return found
  }

  return {
    hash: async (purpose, text) => (await current()).hash(purpose, text),
    vault: {
      seal: async (purpose, plain) => (await current()).vault.seal(purpose, plain),
      open: async (purpose, sealed) => (await current()).vault.open(purpose, sealed),
    },
    text: async () => (await current()).text,
    assertReady: async () => void (await current()),
    lookAgain: known.forget,
  }
}

export async function madeOf(secret: string): Promise<{ hash: KeyedHash; vault: Vault }> {
  return { hash: await keyedHash(secret), vault: await createVault({ secret: utf8(secret) }) }
}
