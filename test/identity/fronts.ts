import { type AgentTokensOptions, createAgentTokens } from '../../shared/identity/jwt.ts'
import { createSigningKeys } from '../../shared/identity/signing-keys.ts'
import type { Kv } from '../../shared/kv/kv.ts'
import { memoryKv } from '../../shared/kv/memory.ts'
import { testVault } from '../support/vault.ts'

export const SUBJECT = { agentId: 'shop', incarnation: 'first', tokenVersion: 3 }
export const ISSUER = 'https://front.example.com'
export const AUDIENCE = 'cloudlunacy-front'
export const TTL_SECONDS = 3_600
export const START_MS = 1_900_000_000_000

/** Several fronts over one store, whose one clock the test moves. */
export async function fronts(count = 1) {
  let nowMs = START_MS
  const counts = { lists: 0, mostLists: Number.POSITIVE_INFINITY }
  const store = memoryKv()
  const kv: Kv = {
    ...store,
    list: (prefix, options) => {
      counts.lists += 1
      if (counts.lists > counts.mostLists) throw new Error('the store is asked too often')
      return store.list(prefix, options)
    },
  }
  const vault = await testVault()
  const front = (overrides: Partial<AgentTokensOptions> = {}) => {
    const now = () => nowMs
    const keys = createSigningKeys({ kv, vault, now, tokenTtlSeconds: TTL_SECONDS })
    const random = (length: number) => crypto.getRandomValues(new Uint8Array(length))
    const tokens = createAgentTokens({ keys, issuer: ISSUER, audience: AUDIENCE, now, random, ...overrides })
    return { keys, ...tokens }
  }
  const pass = (seconds: number) => {
    nowMs += seconds * 1_000
  }
  return { kv, counts, front, pass, all: Array.from({ length: count }, () => front()) }
}
