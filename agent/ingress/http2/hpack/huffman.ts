import { HpackError } from './hpack-error.ts'

/**
 * How many bits each byte takes, and at last the end, in base 36 (RFC 7541, Appendix B). The codes follow from that: they
 * are counted upwards, the shorter first, and among those of one length in the order of the bytes.
 */
const LENGTHS =
  'dnsssssssoussussssssssusssssssss6aacd68baa8b8666555666666678f6cad67777777777777777777777878djde6f56565666577666567655677777fbeds' +
  'kmkkmmmnmnnnnnonoomnonnnnlmnmnnomlkmmnnlnmmolmnnllmlnmnnkmmmnmmnqqkjmnmpqqqrrqopjlqrrqrollqqsrrrkoklmllnmmppooqnqrqqrrrrrsrrrrrqu'
const END = 256
const BYTES_AND_END = 257

/** Two places for each knot: where 0 and 1 lead to, another knot or, below zero, what was read. */
const TREE = plant()

function plant(): Int16Array {
  const lengths = Array.from({ length: BYTES_AND_END }, (_, byte) => Number.parseInt(LENGTHS.charAt(byte), 36))
  const inOrder = lengths
    .map((length, byte) => ({ length, byte }))
    .sort((a, b) => a.length - b.length || a.byte - b.byte)
  const tree = new Int16Array(2 * BYTES_AND_END)
  let [code, before, knots] = [0, 0, 1]
  for (const { length, byte } of inOrder) {
    code *= 2 ** (length - before)
    let knot = 0
    for (let bit = length - 1; bit > 0; bit--) {
      const place = 2 * knot + ((code >>> bit) & 1)
      if (tree[place] === 0) tree[place] = knots++
      knot = tree[place] ?? 0
    }
    tree[2 * knot + (code & 1)] = ~byte
    before = length
    code++
  }
  return tree
}

const MOST_PADDING_BITS = 7

export function readHuffman(bytes: Uint8Array): string {
  let text = ''
  let knot = 0
  /** Since the last byte that was read, and whether all of them were ones. */
  let bits = 0
  let isPadding = true
  for (const byte of bytes) {
    for (let at = 7; at >= 0; at--) {
      const bit = (byte >>> at) & 1
      const next = TREE[2 * knot + bit] ?? 0
      bits++
      if (bit === 0) isPadding = false
      if (next >= 0) {
        knot = next
        continue
      }
      if (~next === END) throw new HpackError('a text ends in its middle')
      text += String.fromCharCode(~next)
      knot = bits = 0
      isPadding = true
    }
  }
  if (bits > MOST_PADDING_BITS || !isPadding) throw new HpackError('a text does not end')
  return text
}
