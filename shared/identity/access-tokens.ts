import { z } from 'zod'
import { plainText } from '../domain/plain-text.ts'
import { AppError } from '../errors.ts'
import type { Check, Entry, Kv, Write } from '../kv/kv.ts'
import { toHex } from '../lib/hex.ts'
import type { KeyedHash } from './keyed-hash.ts'

export const TOKEN_KINDS = ['admin', 'read-only', 'metrics', 'enrollment'] as const
export type TokenKind = (typeof TOKEN_KINDS)[number]

/** What may be done with a token, and how often. The token itself is nowhere. */
export type AccessToken = {
  id: string
  kind: TokenKind
  name: string | null
  hash: string
  /** How many agents may still register with it; `null`: any number. */
  usesLeft: number | null
  /** Which agents may register with it: `*` stands for any characters. */
  namePattern: string | null
  expiresAt: string | null
  createdAt: string
}

export const NewToken = z.strictObject({
  kind: z.enum(TOKEN_KINDS, `must be one of ${TOKEN_KINDS.join(', ')}`),
  name: plainText(100).optional().meta({ description: 'For people', example: 'New shops' }),
  uses: z
    .int()
    .min(1)
    .max(1_000_000)
    .optional()
    .meta({ description: 'How many agents may register with it; any number if left out' }),
  namePattern: z
    .string()
    .max(63)
    .regex(/^[a-z0-9*-]+$/, 'must be letters, digits, hyphens and *, such as shop-*')
    .optional()
    .meta({ description: 'Which agents may register with it', example: 'shop-*' }),
  expiresInSeconds: z
    .int()
    .min(60)
    .max(10 * 365 * 86_400)
    .optional(),
})
export type NewToken = z.infer<typeof NewToken>

const PREFIX = 'tokens/'
const ID_LENGTH = 24

export interface AccessTokens {
  /** The token, and what to write so that it is one. */
  prepare(input: NewToken, text?: string): Promise<{ text: string; token: AccessToken; write: Write }>
  /** A token that is known, of this kind and not expired. */
  find(text: string, kinds: readonly TokenKind[]): Promise<Entry<AccessToken> | null>
  list(options: { after: string; limit: number }): Promise<{ tokens: AccessToken[]; next: string | null }>
  get(id: string): Promise<Entry<AccessToken> | null>
  /** What one registration takes from an enrolment token, for the same commit. */
  use(entry: Entry<AccessToken>, agentId: string): { check: Check; writes: Write[] }
}

export interface AccessTokensOptions {
  kv: Kv
  hash: KeyedHash
  now: () => number
  random: (length: number) => Uint8Array<ArrayBuffer>
}

export const tokenKey = (id: string) => `${PREFIX}${id}`

export function accessTokens({ kv, hash, now, random }: AccessTokensOptions): AccessTokens {
  const hashOf = (text: string) => hash('access-token', text)
  const isAlive = ({ expiresAt }: AccessToken) => expiresAt === null || Date.parse(expiresAt) > now()

  return {
    async prepare({ kind, name, uses, namePattern, expiresInSeconds }, text = `${kind}-${toHex(random(24))}`) {
      const fullHash = await hashOf(text)
      const token: AccessToken = {
        id: fullHash.slice(0, ID_LENGTH),
        kind,
        name: name ?? null,
        hash: fullHash,
        usesLeft: uses ?? null,
        namePattern: namePattern ?? null,
        expiresAt: expiresInSeconds === undefined ? null : new Date(now() + expiresInSeconds * 1_000).toISOString(),
        createdAt: new Date(now()).toISOString(),
      }
      return { text, token, write: { key: tokenKey(token.id), value: token } }
    },

    async find(text, kinds) {
      // Looked up by its keyed hash, so that the time it takes tells nothing about any token.
      const fullHash = await hashOf(text)
      const entry = await kv.get<AccessToken>(tokenKey(fullHash.slice(0, ID_LENGTH)))
      const known = entry !== null && entry.value.hash === fullHash && kinds.includes(entry.value.kind)
      return known && isAlive(entry.value) ? entry : null
    },

    async list({ after, limit }) {
      const page = await kv.list<AccessToken>(PREFIX, { after: after && tokenKey(after), limit })
      return { tokens: page.entries.map(({ value }) => value), next: page.next?.slice(PREFIX.length) ?? null }
    },

    get: (id) => kv.get(tokenKey(id)),

    use({ key, value, version }, agentId) {
      if (value.namePattern !== null && !matches(value.namePattern, agentId)) {
        throw new AppError('FORBIDDEN', `This enrolment token is for agents named ${value.namePattern}`)
      }
      if (value.usesLeft === 0) throw new AppError('FORBIDDEN', 'This enrolment token has been used up')
      const used = value.usesLeft === null ? [] : [{ key, value: { ...value, usesLeft: value.usesLeft - 1 } }]
      return { check: { key, version }, writes: used }
    },
  }
}

/** By hand, as a regular expression made of somebody's pattern could take for ever. */
function matches(pattern: string, name: string): boolean {
  const [head = '', ...rest] = pattern.split('*')
  const tail = rest.pop()
  if (tail === undefined) return pattern === name
  if (!name.startsWith(head) || !name.endsWith(tail) || name.length < head.length + tail.length) return false
  const end = name.length - tail.length
  let at = head.length
  for (const part of rest) {
    const found = name.indexOf(part, at)
    if (found === -1 || found + part.length > end) return false
    at = found + part.length
  }
  return true
}
