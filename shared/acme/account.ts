import type { Kv } from '../kv/kv.ts'
import { toCheck, transact } from '../kv/transact.ts'
import { textHash } from '../lib/text-hash.ts'
import { exportPrivateKey, generateKeyPair, type Vault } from '../pki/index.ts'
import { type Registration, register } from './client.ts'
import type { AcmeConnection } from './connection.ts'
import { type AccountKey, accountKey } from './jws.ts'
import { type AccountRecord, accountKeyOf } from './records.ts'

export interface Account {
  key: AccountKey
  /** Its URL, by which the server knows it. */
  kid: string
}

export interface AccountOptions {
  kv: Kv
  vault: Vault
  directory: string
  connection: AcmeConnection
  registration: Registration
}

/**
 * The front's account at the server. Its key is kept before the server hears of it, and the server knows an account by its
 * key: so a front that dies in between, or two at once, make one account.
 */
export async function openAccount(options: AccountOptions, signal: AbortSignal): Promise<Account> {
  const { kv, vault, directory, connection, registration } = options
  // Another external account is another account.
  const storeKey = accountKeyOf(textHash(`${directory} ${registration.external?.keyId ?? ''}`))
  const record = await transact<AccountRecord>(kv, async () => {
    const there = await kv.get<AccountRecord>(storeKey)
    if (there) return { checks: [], writes: [], result: there.value }
    const { privateKey } = await generateKeyPair()
    const sealedKey = await vault.seal(storeKey, await exportPrivateKey(privateKey))
    const value = { directory, sealedKey, url: null }
    return { checks: [{ key: storeKey, version: null }], writes: [{ key: storeKey, value }], result: value }
  })
  const key = await accountKey(await vault.open(storeKey, record.sealedKey))
  if (record.url !== null) return { key, kid: record.url }
  const url = await register(connection, key, registration, signal)
  await transact<void>(kv, async () => {
    const there = await kv.get<AccountRecord>(storeKey)
    if (!there) return { checks: [], writes: [], result: undefined }
    const writes = [{ key: storeKey, value: { ...there.value, url } }]
    return { checks: [toCheck(there)], writes, result: undefined }
  })
  return { key, kid: url }
}
