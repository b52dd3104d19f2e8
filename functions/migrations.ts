import { assertSecretKey } from '../shared/identity/key-check.ts'
import { keyedHash } from '../shared/identity/keyed-hash.ts'
import type { Migration } from '../shared/kv/schema.ts'
import type { Vault } from '../shared/pki/index.ts'
import { keepSecretKeyAsSecret } from '../shared/secrets/store-secret.ts'

/** All that there ever were, in their order: add new ones at the end. */
export function migrationsOf({ master, secretKey }: { master: Vault; secretKey: string }): Migration[] {
  return [
    // To 2: the store has a secret of its own.
    async (kv) => {
      await assertSecretKey(kv, await keyedHash(secretKey))
      await keepSecretKeyAsSecret(kv, master, secretKey)
    },
  ]
}
