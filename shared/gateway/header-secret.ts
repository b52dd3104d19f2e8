import type { Kv } from '../kv/kv.ts'
import { transact } from '../kv/transact.ts'
import { type Random, toBase64, type Vault } from '../pki/index.ts'

const KEY = 'meta/header-secret'
const LENGTH_BYTES = 24

/**
 * What HAProxy adds to each request for the API, so that its word about the client is believed and nobody else's.
 * Fronts that share a store share it, as they share the HAProxies.
 */
export async function headerSecret(
  kv: Kv,
  { vault, random, renew }: { vault: Vault; random: Random; renew: boolean },
): Promise<string> {
  const sealed = await transact<string>(kv, async () => {
    const entry = await kv.get<string>(KEY)
    if (entry && !renew) return { checks: [], writes: [], result: entry.value }
    const made = await vault.seal(KEY, random(LENGTH_BYTES))
    return {
      checks: [{ key: KEY, version: entry?.version ?? null }],
      writes: [{ key: KEY, value: made }],
      result: made,
    }
  })
  return toBase64(await vault.open(KEY, sealed))
    .replaceAll('+', '-')
    .replaceAll('/', '_')
}
