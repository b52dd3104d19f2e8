import { z } from 'zod'

/** With the longest host before it, it still fits a key of the store. */
const MAX_LENGTH = 128
/** None of them means anything to HAProxy, to a map or to a URL. A percent sign would give one path several spellings. */
const SEGMENTS = /^(?:\/[A-Za-z0-9._~@+:,=-]+)*\/?$/
/** Both, and the slash at the beginning. */
const DOCUMENTED = String.raw`^(?:\/(?!\.\.?(?:\/|$))[A-Za-z0-9._~@+:,=-]+)*\/?$`
const DOTS = /\/\.\.?(?:\/|$)/

/** With a slash at its end, so that `/shop` is not the beginning of `/shopping`; `null` is the whole host. */
export const PathPrefix = z
  .string()
  .max(MAX_LENGTH - 1, `must have at most ${MAX_LENGTH - 1} characters`)
  .startsWith('/', 'must begin with a slash')
  .regex(SEGMENTS, 'must be segments of letters, digits and ._~@+:,=- between single slashes')
  .refine((path) => !DOTS.test(path), 'must not have the segments "." and ".."')
  .transform((path) => (path === '/' ? null : path.endsWith('/') ? path : `${path}/`))
  .meta({
    id: 'PathPrefix',
    pattern: DOCUMENTED,
    minLength: 1,
    description: 'Only paths under it; without it, all that no other route of the host takes',
    example: '/api/',
  })
