import { isIP } from 'node:net'
import { ApiError } from '../api-error.ts'

/** What would end the word, the command or its line. Two `<` begin a payload, at the end of a word too. */
const STEERING = /[\s\p{Cc};\\\p{Zl}\p{Zp}]/u
const NAME = /^[A-Za-z0-9_.:-]+$/
/** HAProxy reads a command into a buffer of 16 kB. */
const LONGEST_BYTES = 8_000

/** A value that is one word of a command on HAProxy's socket, whatever is in it. */
export function checkSocketWord(field: string, text: unknown): string {
  if (typeof text !== 'string' || text === '') throw new ApiError(400, `${field} must be a text that is not empty`)
  if (STEERING.test(text) || text.includes('<<'))
    throw new ApiError(400, `${field} must hold no space, tab, line break, backslash, semicolon or <<`)
  if (Buffer.byteLength(text) > LONGEST_BYTES) throw new ApiError(400, `${field} is longer than ${LONGEST_BYTES} bytes`)
  return text
}

export function checkSocketName(field: string, text: unknown): string {
  if (typeof text !== 'string' || !NAME.test(text)) throw new ApiError(400, `${field} should match '${NAME.source}'`)
  return text
}

export function checkIp(field: string, text: unknown): string {
  if (typeof text !== 'string' || isIP(text) === 0) throw new ApiError(400, `${field} must be an IP address`)
  return text
}
