/** Bytes of one's own: WebCrypto takes them as they are, with no cast. */
export type Bytes = Uint8Array<ArrayBuffer>

export function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, at) => byte === b[at])
}

export { toHex } from '../lib/hex.ts'
export { concat } from '../lib/join-bytes.ts'

export function fromHex(text: string): Bytes {
  if (!/^(?:[0-9a-f]{2})+$/i.test(text)) throw new RangeError('not an even number of hexadecimal digits')
  return Uint8Array.from(text.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16))
}

const encoder = new TextEncoder()
export const utf8 = (text: string): Bytes => encoder.encode(text) as Bytes

/** A call takes only so many arguments, so a long revocation list goes in slices. */
const SLICE_BYTES = 32_768

export function toBase64(bytes: Uint8Array): string {
  let binary = ''
  for (let at = 0; at < bytes.length; at += SLICE_BYTES) {
    binary += String.fromCharCode(...bytes.subarray(at, at + SLICE_BYTES))
  }
  return btoa(binary)
}

/** `null` for anything but padded base64 without white space: `atob` itself would let some of it pass. */
export function fromBase64(text: string): Bytes | null {
  if (text.length % 4 !== 0 || !/^[A-Za-z0-9+/]+={0,2}$/.test(text)) return null
  return Uint8Array.from(atob(text), (unit) => unit.charCodeAt(0))
}

export type Random = (length: number) => Bytes

export const secureRandom: Random = (length) => crypto.getRandomValues(new Uint8Array(length))
