/** The prime is 2^40 and this. */
const PRIME = 0x1b3
const ENCODER = new TextEncoder()

/**
 * FNV-1a in 64 bits, as letters and digits: to tell texts apart, not to keep them secret. In four parts of 16 bits, since
 * thousands of texts are told apart in one change, and BigInt takes many times as long.
 */
export function shortHash(text: string): string {
  let [a, b, c, d] = [0x2325, 0x8422, 0x9ce4, 0xcbf2]
  for (const byte of ENCODER.encode(text)) {
    a ^= byte
    // What the multiplication by 2^40 adds, and then what is carried from part to part.
    d = d * PRIME + (b << 8)
    c = c * PRIME + (a << 8)
    b = b * PRIME
    a = a * PRIME
    b += a >>> 16
    c += b >>> 16
    d += c >>> 16
    a &= 0xffff
    b &= 0xffff
    c &= 0xffff
    d &= 0xffff
  }
  return ((BigInt(d * 2 ** 16 + c) << 32n) | BigInt(b * 2 ** 16 + a)).toString(36)
}
