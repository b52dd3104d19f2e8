import { DataPlaneError } from './data-plane-error.ts'
import type { MapEntry } from './models.ts'

/** The API splits the lines of a map by size; with entries far below its limit of 8,192 that stays predictable. */
const MAX_ENTRY_BYTES = 2_500

const OBJECT_NAME = /^[A-Za-z0-9_.:-]{1,250}$/
/** The API turns further dots into underscores, and drops folders. */
const FILE_NAME = /^[A-Za-z0-9_-]{1,200}\.[A-Za-z0-9]{1,16}$/
const MAP_NAME = /^[A-Za-z0-9_-]{1,200}(\.map)?$/
/** What separates or ends words on HAProxy's socket and in its files. */
const SEPARATOR = /[\s\p{C};\\"]/u
const CONTROL = /\p{Cc}/u

/** The name of a backend, a server or a table. */
export function objectName(name: string): string {
  return must(OBJECT_NAME.test(name), name, 'is no name of an object')
}

export function fileName(name: string): string {
  return must(FILE_NAME.test(name), name, 'is no name of a file')
}

/** With its ending, which the API would add. */
export function mapName(name: string): string {
  must(MAP_NAME.test(name), name, 'is no name of a map')
  return name.endsWith('.map') ? name : `${name}.map`
}

/**
 * A leading `#` is a comment in the file and an entry's number on the socket. The API takes most of the others in no
 * path, and does not find the key again where it has a comma or an equals sign: a second entry would come to be.
 */
export function mapKey(key: string): string {
  return must(key !== '' && !SEPARATOR.test(key) && !/[<>*$#&{}%,=]/.test(key), key, 'cannot be a key of a map')
}

/** `<<` would begin a payload. */
export function mapEntry({ key, value }: MapEntry): MapEntry {
  must(value !== '' && !SEPARATOR.test(value) && !value.startsWith('<<'), value, 'cannot be a value of a map')
  mapKey(key)
  must(entryBytes({ key, value }) <= MAX_ENTRY_BYTES, key, 'and its value are too long for a map')
  return { key, value }
}

/** Of its line, `key value` and the end of the line. */
export function entryBytes({ key, value }: MapEntry): number {
  return byteLength(key) + byteLength(value) + 2
}

/** Nothing in a body may end a line of the configuration. */
export function plainBody<T extends object>(body: T): T {
  for (const [name, value] of Object.entries(body)) {
    must(!CONTROL.test(name), name, 'has a control character')
    if (typeof value === 'string') must(!CONTROL.test(value), value, 'has a control character')
    else if (typeof value === 'object' && value !== null) plainBody(value)
  }
  return body
}

/** Lines of text: it ends with a newline, and holds no other control character than tabs. */
export function plainText(text: string): string {
  const lines = text.endsWith('\n') ? text : `${text}\n`
  must(text.trim() !== '', '', 'is empty')
  must(!/[^\P{Cc}\n\t]/u.test(lines), '', 'has a control character')
  return lines
}

function must(holds: boolean, what: string, problem: string): string {
  if (!holds)
    throw new DataPlaneError('refused', `${what === '' ? 'The text' : JSON.stringify(shown(what))} ${problem}`)
  return what
}

function shown(text: string): string {
  return text.length > 80 ? `${text.slice(0, 80)}…` : text
}

function byteLength(text: string): number {
  let bytes = text.length
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i)
    if (code > 0x7ff && (code < 0xd800 || code > 0xdfff)) bytes += 2
    else if (code > 0x7f) bytes += 1
  }
  return bytes
}
