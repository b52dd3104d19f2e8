import { z } from '@hono/zod-openapi'
import type { Context, TypedResponse } from 'hono'
import { assertPreconditions, type Preconditions, type Tags } from '../shared/domain/preconditions.ts'
import { AppError } from '../shared/errors.ts'
import { textHash } from '../shared/lib/text-hash.ts'
import { answer } from './answer.ts'
import type { AppEnv } from './app-env.ts'

/**
 * An entity tag is `"state-body"`. The state is what writes are compared with; the body is what else an answer says, such
 * as what became of a route: a reader wants to hear of it, and a writer need not.
 */
const LIST = /^\s*(?:W\/)?"[\x21\x23-\x7e]*"(?:\s*,\s*(?:W\/)?"[\x21\x23-\x7e]*")*\s*$/
const TAG = /(W\/)?"([^"]*)"/g
const MAX_LENGTH = 4_096

interface Tag {
  weak: boolean
  text: string
}

export const etagOf = (state: string): string => `"${state}"`

/** A read of one resource: its tag, and 304 where the caller has it already. */
export function tagged<T>(c: Context<AppEnv>, body: T, state: string): Response & TypedResponse<T, 200, 'json'> {
  const text = JSON.stringify(body)
  const tag = `${state}-${textHash(text)}`
  const { ifMatch } = preconditionsOf(c)
  if (ifMatch !== undefined) assertPreconditions({ ifMatch }, state)
  const known = tagsOf(c, 'if-none-match')
  const isKnown = known === '*' || known?.some((each) => each.text === tag)
  const response = answer(c, isKnown ? null : text, isKnown ? 304 : 200, 'application/json', { etag: `"${tag}"` })
  return response as Response & TypedResponse<T, 200, 'json'>
}

/** What the headers of a write ask for. A weak tag never matches there (RFC 9110, 13.1.1). */
export function preconditionsOf(c: Context<AppEnv>): Preconditions {
  const [ifMatch, ifNoneMatch] = [tagsOf(c, 'if-match'), tagsOf(c, 'if-none-match')]
  return {
    ...(ifMatch && { ifMatch: statesOf(ifMatch, ({ weak }) => !weak) }),
    ...(ifNoneMatch && { ifNoneMatch: statesOf(ifNoneMatch, () => true) }),
  }
}

function tagsOf(c: Context<AppEnv>, header: 'if-match' | 'if-none-match'): '*' | Tag[] | undefined {
  const given = c.req.header(header)
  if (given === undefined) return undefined
  if (given.trim() === '*') return '*'
  if (given.length > MAX_LENGTH || !LIST.test(given)) {
    throw new AppError('INVALID_INPUT', `${header} must be * or tags as an etag header gave them, in their quotes`)
  }
  return Array.from(given.matchAll(TAG), ([, weak, text = '']) => ({ weak: weak !== undefined, text }))
}

const statesOf = (tags: '*' | Tag[], counts: (tag: Tag) => boolean): Tags =>
  tags === '*' ? tags : tags.filter(counts).map(({ text }) => text.split('-', 1)[0] ?? '')

/** As the document says it. */
const WRITTEN = String.raw`(?:W\/)?"[\x21\x23-\x7e]*"`
const HEADER = String.raw`^(?:\*|${WRITTEN}(?:, ${WRITTEN})*)$`
const TAGS = { pattern: HEADER, example: '"0f1e2d3c4b5a69788f.7"' }

const IfMatch = z
  .string()
  .optional()
  .openapi({
    description: 'The etag of what you read: the write happens only if it is still so, otherwise 412',
    ...TAGS,
  })

/** For a write of one resource. */
export const conditional = { headers: z.object({ 'if-match': IfMatch }) }

/** The same, where it may make the resource. */
export const CONDITIONAL_CREATION = {
  'if-match': IfMatch,
  'if-none-match': z
    .string()
    .optional()
    .openapi({ description: '* to make it only if there is none, otherwise 412', pattern: HEADER, example: '*' }),
}

/** For a read of one resource. */
export const conditionalRead = {
  headers: z.object({
    'if-none-match': z
      .string()
      .optional()
      .openapi({ description: 'The etag of what you have: 304 if that is all', ...TAGS }),
  }),
}

const Etag = z.object({ etag: z.string().openapi({ description: 'Of what it is at the moment' }) })

/** The answers of a read of one resource. */
export const okTagged = <T extends z.ZodType>(description: string, schema: T) => ({
  200: { description, headers: Etag, content: { 'application/json': { schema } } },
  304: { description: 'It is what the tag in if-none-match says', headers: Etag },
})
