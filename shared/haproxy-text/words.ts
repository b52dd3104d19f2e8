import { HaproxyTextError } from './text-error.ts'

const CONTROL = /\p{Cc}/u
/** HAProxy refuses a line of 2,048 bytes or more by default; one word must leave room for others. */
const LONGEST_TEXT = 8192

/**
 * The words of one line as they are written, quotes and backslashes included, up to a comment. Null when a quote is not
 * closed or the line ends in a backslash.
 */
export function splitWords(line: string): string[] | null {
  const words: string[] = []
  let word = ''
  let quote = ''
  for (let i = 0; i < line.length; i++) {
    const char = line.charAt(i)
    if (char === '\\' && quote !== "'") {
      if (i + 1 === line.length) return null
      word += char + line.charAt(++i)
    } else if (quote) {
      if (char === quote) quote = ''
      word += char
    } else if (char === '"' || char === "'") {
      quote = char
      word += char
    } else if (char === ' ' || char === '\t') {
      if (word) words.push(word)
      word = ''
    } else if (char === '#') {
      break
    } else word += char
  }
  if (quote) return null
  if (word) words.push(word)
  return words
}

/** Any text as one word that HAProxy reads as exactly this text. */
export function quoteWord(text: string): string {
  if (CONTROL.test(text)) throw new HaproxyTextError('control characters cannot stand in a configuration')
  return text === '' ? '""' : text.replace(/[\\ "'#]/g, '\\$&')
}

/** Any text as one word where HAProxy expects a log format (headers, paths, answers): it is taken as it is. */
export const quoteLiteralFormat = (text: string): string => quoteWord(text.replaceAll('%', '%%'))

/** A field of the Data Plane API that is one word of a line, written as in a configuration. */
export function checkWord(field: string, text: unknown): string {
  if (typeof text !== 'string' && typeof text !== 'number') throw new HaproxyTextError(`${field} must be a text`)
  const words = wordsOf(field, String(text))
  if (words.length !== 1 || words[0] !== text.toString())
    throw new HaproxyTextError(`${field} must be one word as in a configuration: quote what has spaces or a #`)
  return String(text)
}

/** A field that is an expression of several words. */
export function checkWords(field: string, text: unknown): string {
  if (typeof text !== 'string') throw new HaproxyTextError(`${field} must be a text`)
  const words = wordsOf(field, text)
  if (words.length === 0) throw new HaproxyTextError(`${field} must not be empty`)
  if (words.join(' ') !== text.replace(/[ \t]+/g, ' ').trim() && !sameOutsideQuotes(text, words))
    throw new HaproxyTextError(`${field} must not hold a comment`)
  return words.join(' ')
}

function wordsOf(field: string, text: string): string[] {
  if (text.length > LONGEST_TEXT) throw new HaproxyTextError(`${field} is longer than ${LONGEST_TEXT} characters`)
  if (CONTROL.test(text.replaceAll('\t', ' '))) throw new HaproxyTextError(`${field} must not hold control characters`)
  const words = splitWords(text)
  if (!words) throw new HaproxyTextError(`${field} has a quote that is not closed, or ends in a backslash`)
  return words
}

/** Whether nothing but spaces between words was left out. */
const sameOutsideQuotes = (text: string, words: string[]) => {
  let rest = text
  for (const word of words) {
    rest = rest.replace(/^[ \t]+/, '')
    if (!rest.startsWith(word)) return false
    rest = rest.slice(word.length)
  }
  return rest.trim() === ''
}

const NAME = /^[A-Za-z0-9_.:-]+$/

/** Names of backends and servers: the characters that HAProxy allows. */
export function checkName(field: string, text: unknown): string {
  if (typeof text !== 'string' || !NAME.test(text))
    throw new HaproxyTextError(`${field} in body should match '^[A-Za-z0-9-_.:]+$'`)
  return text
}

export function checkInteger(field: string, value: unknown, { min = 0, max = 2 ** 31 - 1 } = {}): number {
  if (typeof value !== 'number' || !Number.isInteger(value))
    throw new HaproxyTextError(`${field} must be a whole number`)
  if (value < min) throw new HaproxyTextError(`${field} in body should be greater than or equal to ${min}`)
  if (value > max) throw new HaproxyTextError(`${field} in body should be less than or equal to ${max}`)
  return value
}

export function checkOneOf(field: string, value: unknown, allowed: readonly string[]): string {
  if (typeof value !== 'string' || !allowed.includes(value))
    throw new HaproxyTextError(`${field} in body should be one of [${allowed.join(' ')}]`)
  return value
}
