import { type AccessTokens, accessTokens, TOKEN_KINDS, tokenKey } from '../identity/access-tokens.ts'
import { firstTokenKey } from '../identity/first-tokens.ts'
import type { KeyedHash } from '../identity/keyed-hash.ts'
import type { Kv, Write } from '../kv/kv.ts'

interface KeptTokensOptions {
  kv: Kv
  tokens: AccessTokens
  now: () => number
  random: (length: number) => Uint8Array<ArrayBuffer>
}

/** What makes these tokens of this front hold after an import: hashed anew, as their texts are known at this moment. */
export async function keptTokens(options: KeptTokensOptions, texts: string[], hash: KeyedHash): Promise<Write[]> {
  const { kv, tokens, now, random } = options
  const later = accessTokens({ kv, hash, now, random })
  const writes: Write[] = []
  for (const text of new Set(texts)) {
    const known = await tokens.find(text, TOKEN_KINDS)
    if (!known) continue
    const { kind } = known.value
    const { token } = await later.prepare({ kind }, text)
    writes.push({ key: tokenKey(token.id), value: { ...known.value, id: token.id, hash: token.hash } })
    const first = await kv.get<string>(firstTokenKey(kind))
    if (first?.value === known.value.id) writes.push({ key: firstTokenKey(kind), value: token.id })
  }
  return writes
}
