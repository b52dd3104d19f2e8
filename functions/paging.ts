import { z } from '@hono/zod-openapi'
import { AppError } from '../shared/errors.ts'

/** What a cursor holds is nobody's business: it says after which key a list goes on. */
const CURSOR = /^[A-Za-z0-9_-]*$/
const MAX_CURSOR_LENGTH = 1_024
const NOT_OURS = 'must be one that this list gave'

export const limit = z
  .string()
  .regex(/^[1-9]\d{0,3}$/, 'must be a whole number from 1 to 1000')
  .transform(Number)
  .pipe(z.int().max(1_000))

const cursor = z
  .string()
  .max(MAX_CURSOR_LENGTH)
  .regex(CURSOR, NOT_OURS)
  .openapi({ description: 'Where to go on: as the page before gave it' })

export const Paging = z.strictObject({
  limit: limit.default(100).openapi({ type: 'integer', minimum: 1, maximum: 1_000, default: 100 }),
  cursor: cursor.default(''),
})

/** For a list that comes whole where no limit is given. */
export const PagingIfAsked = z.strictObject({
  limit: limit.optional().openapi({ type: 'integer', minimum: 1, maximum: 1_000, description: 'Without it: all' }),
  cursor: cursor.optional(),
})

/** `next`: the last key of the page, or `null` where there is no further one. */
export const cursorOf = (list: string, next: string | null): string | null =>
  next === null ? null : btoa(`${list} ${next}`).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '')

/** The key after which the list goes on. */
export function afterOf(list: string, cursor = ''): string {
  if (cursor === '') return ''
  const text = decoded(cursor)
  const start = `${list} `
  if (!text?.startsWith(start) || !/^[\x21-\x7e]+$/.test(text.slice(start.length))) {
    throw new AppError('INVALID_INPUT', `The request is not valid: query.cursor: ${NOT_OURS}`, {
      details: [`query.cursor: ${NOT_OURS}`],
    })
  }
  return text.slice(start.length)
}

function decoded(cursor: string): string | null {
  try {
    return atob(cursor.replaceAll('-', '+').replaceAll('_', '/'))
  } catch {
    return null
  }
}
