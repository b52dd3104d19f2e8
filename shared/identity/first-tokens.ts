import type { Kv } from '../kv/kv.ts'
import type { AccessTokens } from './access-tokens.ts'
import { tokenKey } from './access-tokens.ts'

export interface FirstToken {
  kind: 'admin' | 'enrollment' | 'metrics'
  /** From the environment; without one, a token is made when the store has none. */
  given: string | undefined
}

/** Which token of the store is the first one of its kind: the environment may replace it. */
export const firstTokenKey = (kind: string) => `meta/first-token/${kind}`

/** Gives back a token that was just made: nobody can learn it later. */
export async function ensureFirstToken(
  kv: Kv,
  tokens: AccessTokens,
  { kind, given }: FirstToken,
): Promise<string | null> {
  const known = await kv.get<string>(firstTokenKey(kind))
  if (known && given === undefined) return null
  const { text, token, write } = await tokens.prepare({ kind, name: `the first ${kind} token` }, given)
  // It may have been withdrawn: what the environment names holds all the same.
  if (known?.value === token.id && (await tokens.get(token.id))) return null
  const { ok } = await kv.commit(
    [{ key: firstTokenKey(kind), version: known?.version ?? null }],
    [
      { key: firstTokenKey(kind), value: token.id },
      write,
      ...(known && known.value !== token.id ? [{ key: tokenKey(known.value), delete: true as const }] : []),
    ],
  )
  // Another front was first: its token is the one.
  if (!ok) return ensureFirstToken(kv, tokens, { kind, given })
  return given === undefined ? text : null
}
