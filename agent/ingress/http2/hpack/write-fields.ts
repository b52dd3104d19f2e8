import { bareValue, type Lines } from '../../head.ts'
import { indexOfName, STATIC } from './static-table.ts'

/** Nothing is kept by the other side: what is said once costs no memory, and nobody can guess a secret by its length. */
const NOT_KEPT = { bits: 0x00, prefix: 4 }
const INDEXED = 0x80
const PLAIN = { bits: 0x00, prefix: 7 }

const statusIndex = new Map(
  STATIC.flatMap(([name, value], i) => (name === ':status' && value ? [[Number(value), i + 1]] : [])),
)
const STATUS = indexOfName.get(':status') ?? 0

/** That nothing is kept is said at the beginning of the first head: RFC 7541 4.2 wants it, where the other side keeps nothing. */
export const KEEP_NOTHING = 0x20

/** No fields take more. */
export const mostBytesOf = (lines: Lines): number => 2 * lines.length + 8

/** Writes fields behind `at`, and says where they end. */
export function writeStatus(into: Uint8Array, at: number, status: number): number {
  const index = statusIndex.get(status)
  if (index !== undefined) {
    into[at] = INDEXED | index
    return at + 1
  }
  const digits = String(status)
  return writeText(into, writeNumber(into, writeNumber(into, at, NOT_KEPT, STATUS), PLAIN, digits.length), digits)
}

export function writeFields(into: Uint8Array, start: number, lines: Lines): number {
  let at = start
  for (let from = 0, end = 0; from < lines.length; from = end + 2) {
    end = lines.indexOf('\r\n', from)
    const colon = lines.indexOf(':', from)
    const name = lines.slice(from, colon).toLowerCase()
    const index = indexOfName.get(name) ?? 0
    at = writeNumber(into, at, NOT_KEPT, index)
    if (index === 0) at = writeText(into, writeNumber(into, at, PLAIN, name.length), name)
    const value = bareValue(lines, colon, end)
    at = writeText(into, writeNumber(into, at, PLAIN, value.length), value)
  }
  return at
}

function writeNumber(into: Uint8Array, start: number, { bits, prefix }: typeof PLAIN, number: number): number {
  const most = (1 << prefix) - 1
  let at = start
  if (number < most) {
    into[at++] = bits | number
    return at
  }
  into[at++] = bits | most
  let left = number - most
  for (; left >= 0x80; left >>>= 7) into[at++] = (left & 0x7f) | 0x80
  into[at++] = left
  return at
}

/** Letter by letter: for so few, going to the runtime's own code and back would take longer. */
function writeText(into: Uint8Array, start: number, text: string): number {
  let at = start
  for (let i = 0; i < text.length; i++) into[at++] = text.charCodeAt(i)
  return at
}
