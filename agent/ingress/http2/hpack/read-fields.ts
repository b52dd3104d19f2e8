import { createDynamicTable, TABLE_BYTES } from './dynamic-table.ts'
import { HpackError } from './hpack-error.ts'
import { readHuffman } from './huffman.ts'
import { type Field, STATIC } from './static-table.ts'

/** Reads the headers of one connection, in the order in which they come: each may name what was said before. */
export interface FieldsReader {
  /** Throws where it is broken, and is of no use from then on. */
  read(block: Buffer): Field[]
  /** The other side has agreed to it: it refers to nothing that was said before. */
  keepNothing(): void
}

/** By its first byte: what it is, and how many bits of that byte its number has. */
const INDEXED = { bit: 0x80, prefix: 7 }
const KEPT = { bit: 0x40, prefix: 6 }
const RESIZED = { bit: 0x20, prefix: 5 }
const NOT_KEPT = { prefix: 4 }
const HUFFMAN = { bit: 0x80, prefix: 7 }

/** No number that means something is longer. */
const MOST_SHIFT = 21

export function createFieldsReader({ mostBytes }: { mostBytes: number }): FieldsReader {
  const table = createDynamicTable()
  let mostKept = TABLE_BYTES
  let bytes: Buffer
  /** The same bytes, of which pieces can be had without a copy. */
  let text: string
  let at: number

  function readNumber(prefix: number): number {
    const most = (1 << prefix) - 1
    let number = byteAt(at++) & most
    if (number < most) return number
    for (let shift = 0; shift <= MOST_SHIFT; shift += 7) {
      const byte = byteAt(at++)
      number += (byte & 0x7f) << shift
      if (byte < 0x80) return number
    }
    throw new HpackError('a number is too large')
  }

  function readText(): string {
    const isHuffman = (byteAt(at) & HUFFMAN.bit) !== 0
    const length = readNumber(HUFFMAN.prefix)
    const from = at
    at += length
    if (at > bytes.length) throw new HpackError('a text is longer than all of it')
    return isHuffman ? readHuffman(bytes.subarray(from, at)) : text.slice(from, at)
  }

  const fieldAt = (index: number): Field => {
    const field = index <= STATIC.length ? STATIC[index - 1] : table.at(index - STATIC.length - 1)
    if (!field) throw new HpackError('a number names nothing')
    return field
  }
  const readLiteral = (prefix: number): Field => {
    const index = readNumber(prefix)
    const name = index === 0 ? readText() : fieldAt(index)[0]
    return [name, readText()]
  }
  /** `null`: it says how large the table is to be. */
  function readField(isFirst: boolean): Field | null {
    const first = byteAt(at)
    if ((first & INDEXED.bit) !== 0) return fieldAt(readNumber(INDEXED.prefix))
    if ((first & KEPT.bit) !== 0) {
      const field = readLiteral(KEPT.prefix)
      table.add(field)
      return field
    }
    if ((first & RESIZED.bit) === 0) return readLiteral(NOT_KEPT.prefix)
    const most = readNumber(RESIZED.prefix)
    if (most > mostKept || !isFirst) throw new HpackError('the table is too large, or changed too late')
    table.limit(most)
    return null
  }
  const byteAt = (place: number): number => {
    const byte = bytes[place]
    if (byte === undefined) throw new HpackError('it ends in its middle')
    return byte
  }

  return {
    read(block) {
      bytes = block
      text = block.toString('latin1')
      at = 0
      const fields: Field[] = []
      let size = 0
      while (at < bytes.length) {
        const field = readField(fields.length === 0)
        if (!field) continue
        fields.push(field)
        size += field[0].length + field[1].length
        // A few bytes may name a long value again and again.
        if (size > mostBytes) throw new HpackError('its head is too long')
      }
      return fields
    },
    keepNothing() {
      mostKept = 0
      table.limit(0)
    },
  }
}
