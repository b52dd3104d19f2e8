import type { JWK } from 'jose'
import type { Kv } from '../kv/kv.ts'
import { reloading } from '../lib/reloading.ts'
import { nextKey, outlivedKeys, signingKeyAt } from './key-rotation.ts'
import { makeSigningKey, openSigningKey, type SigningKey, type SigningKeyRecord, type Vault } from './signing-key.ts'

export interface SigningKeys {
  /** A key is kept until every token that it signed has expired: no token may live longer. */
  readonly tokenTtlSeconds: number
  /** The one that signs now; the first is made when there is none. */
  current(): Promise<SigningKey>
  /** Any that may have signed a token which has not expired. */
  find(kid: string): Promise<SigningKey | null>
  /** What others need to verify tokens: of those that sign, that will, and that did. */
  jwks(): Promise<{ keys: JWK[] }>
  /** Makes the next key when its time has come, and deletes those that nobody needs. Any front may run it at any time. */
  rotate(): Promise<void>
  /** The keys that were known are another store's by now. */
  forget(): void
}

export interface SigningKeysOptions {
  kv: Kv
  vault: Vault
  now: () => number
  tokenTtlSeconds: number
}

const PREFIX = 'jwt-keys/'
/** Written whenever a key is made, and checked: of several fronts, one makes it. */
const NEWEST = 'meta/newest-jwt-key'
/** Far below the time for which a key is published before it signs: every front knows the next one in time. */
const MAX_AGE_MS = 60_000
const MIN_AGE_MS = 1_000

export function createSigningKeys({ kv, vault, now, tokenTtlSeconds }: SigningKeysOptions): SigningKeys {
  const known = reloading(() => readKeys(kv, vault), { now, maxAgeMs: MAX_AGE_MS, minAgeMs: MIN_AGE_MS })

  const rotate = async (): Promise<void> => {
    // Read before the keys: if another front makes one in between, the commit finds out.
    const newest = await kv.get(NEWEST)
    const records = await readRecords(kv)
    const times = nextKey(records, now())
    if (times) {
      const { kid, record } = await makeSigningKey(vault, times)
      await kv.commit(
        [{ key: NEWEST, version: newest?.version ?? null }],
        [
          { key: NEWEST, value: kid },
          { key: PREFIX + kid, value: record },
        ],
      )
    }
    const outlived = outlivedKeys(records, now(), tokenTtlSeconds * 1_000)
    for (const { key, version } of outlived) await kv.commit([{ key, version }], [{ key, delete: true }])
    if (times || outlived.length > 0) known.forget()
  }

  const current = async (): Promise<SigningKey> => {
    const key = signingKeyAt([...(await known.get()).values()], now())
    if (key) return key
    await rotate()
    // Another front may have made it since this one looked.
    known.forget()
    return current()
  }

  return {
    tokenTtlSeconds,
    current,
    find: async (kid) => (await known.get()).get(kid) ?? (await known.getNewer()).get(kid) ?? null,
    jwks: async () => ({ keys: Array.from((await known.get()).values(), ({ publicJwk }) => publicJwk) }),
    rotate,
    forget: known.forget,
  }
}

async function readRecords(kv: Kv) {
  const { entries } = await kv.list<SigningKeyRecord>(PREFIX)
  return entries.map(({ key, version, value }) => ({ ...value, key, version }))
}

async function readKeys(kv: Kv, vault: Vault): Promise<Map<string, SigningKey>> {
  const { entries } = await kv.list<SigningKeyRecord>(PREFIX)
  const keys = entries.map(({ key, value }) => openSigningKey(vault, key.slice(PREFIX.length), value))
  return new Map((await Promise.all(keys)).map((key) => [key.kid, key]))
}
