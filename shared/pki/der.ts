/**
 * Writes the little DER that our certificates and revocation lists consist of.
 *
 * Reading hostile DER is left to @peculiar. Writing needs tag, length and value alone, and so a certificate takes
 * less than a quarter of the time that the generator of @peculiar/x509 takes (bench/pki.ts): CPU time is metered
 * in a worker.
 */
import { type Bytes, utf8 } from './bytes.ts'

export function tagged(tag: number, ...parts: Uint8Array[]): Bytes {
  let length = 0
  for (const part of parts) length += part.length
  const octets = lengthOctets(length)
  const whole = new Uint8Array(1 + octets.length + length)
  whole[0] = tag
  whole.set(octets, 1)
  let at = 1 + octets.length
  for (const part of parts) {
    whole.set(part, at)
    at += part.length
  }
  return whole
}

export const sequence = (...parts: Uint8Array[]) => tagged(0x30, ...parts)
export const set = (...parts: Uint8Array[]) => tagged(0x31, ...parts)
export const octetString = (...parts: Uint8Array[]) => tagged(0x04, ...parts)
export const utf8String = (text: string) => tagged(0x0c, utf8(text))
/** [n] around other values. */
export const constructed = (n: number, ...parts: Uint8Array[]) => tagged(0xa0 | n, ...parts)
/** [n] in the place of a simple value's own tag. */
export const primitive = (n: number, bytes: Uint8Array) => tagged(0x80 | n, bytes)
export const TRUE = Uint8Array.of(0x01, 0x01, 0xff)

/** A positive INTEGER from its big-endian octets. */
export function integer(octets: Uint8Array): Bytes {
  const first = octets.findIndex((octet) => octet !== 0)
  const digits = first < 0 ? Uint8Array.of(0) : octets.subarray(first)
  // A set top bit would make it negative.
  return (digits[0] ?? 0) > 0x7f ? tagged(0x02, Uint8Array.of(0), digits) : tagged(0x02, digits)
}

export function bitString(bytes: Uint8Array, unusedBits = 0): Bytes {
  return tagged(0x03, Uint8Array.of(unusedBits), bytes)
}

/** Bits by their number, counted from the left; DER drops the zeros at the end. */
export function namedBits(...bits: number[]): Bytes {
  const octet = bits.reduce((sum, bit) => sum | (0x80 >> bit), 0)
  return bitString(Uint8Array.of(octet), 7 - Math.max(...bits))
}

export function oid(dotted: string): Bytes {
  const [first = 0, second = 0, ...rest] = dotted.split('.').map(Number)
  return tagged(0x06, Uint8Array.from([first * 40 + second, ...rest].flatMap(base128)))
}

/** RFC 5280 4.1.2.5: UTCTime through 2049, GeneralizedTime from 2050, whole seconds in both. */
export function time(ms: number): Bytes {
  const digits = new Date(ms).toISOString().replace(/\.\d+Z$|[-:T]/g, '')
  return ms < Date.UTC(2050, 0) ? tagged(0x17, utf8(`${digits.slice(2)}Z`)) : tagged(0x18, utf8(`${digits}Z`))
}

/**
 * What is inside when the bytes are one SEQUENCE from the first byte to the last, else `null`.
 * Parsers pass over what follows a value; hashes and signatures do not.
 */
export function sequenceContent(bytes: Bytes): Bytes | null {
  const [tag, first = 0x80] = bytes
  const headLength = first < 0x80 ? 2 : 2 + (first & 0x7f)
  if (tag !== 0x30 || first === 0x80 || headLength > 6) return null
  const length = first < 0x80 ? first : bytes.subarray(2, headLength).reduce((sum, octet) => sum * 256 + octet, 0)
  return bytes.length === headLength + length ? bytes.subarray(headLength) : null
}

function lengthOctets(length: number): number[] {
  if (length < 0x80) return [length]
  const octets = []
  for (let rest = length; rest > 0; rest = Math.floor(rest / 256)) octets.unshift(rest % 256)
  return [0x80 | octets.length, ...octets]
}

function base128(value: number): number[] {
  const digits = [value & 0x7f]
  for (let rest = Math.floor(value / 128); rest > 0; rest = Math.floor(rest / 128)) digits.unshift((rest & 0x7f) | 0x80)
  return digits
}
