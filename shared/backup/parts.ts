import { gunzip, gzip } from '../lib/gzip.ts'
import { fromBase64, toBase64, utf8 } from '../pki/bytes.ts'
import type { CryptoKey } from '../pki/keys.ts'

/**
 * The parts of a document, each compressed and encrypted for its place: with AES-256-GCM under a key of this document
 * alone, its number as the nonce, and the head, the number and whether it is the last one authenticated with it. So
 * nothing can be altered, left out, added or moved.
 */
export interface Parts {
  seal(lines: string, place: Place): Promise<string>
  /** `null`: it is not what was sealed for this place. */
  open(part: string, place: Place): Promise<string | null>
}

interface Place {
  number: number
  isLast: boolean
}

/** A value of the store is smaller. */
const MOST_PLAIN_BYTES = 4 * 1024 * 1024
const NONCE_BYTES = 12

/** A key must never be used for two documents. */
export function partsUnder(key: CryptoKey, head: string): Parts {
  const gcm = ({ number, isLast }: Place) => {
    const iv = new Uint8Array(NONCE_BYTES)
    new DataView(iv.buffer).setUint32(0, number)
    return { name: 'AES-GCM', iv, additionalData: utf8(`${number} ${isLast ? 'last' : 'more'} ${head}`) }
  }
  return {
    async seal(lines, place) {
      const cipher = await crypto.subtle.encrypt(gcm(place), key, await gzip(utf8(lines)))
      return toBase64(new Uint8Array(cipher))
    },
    async open(part, place) {
      const cipher = fromBase64(part)
      // Its last bits could otherwise be written in several ways.
      if (cipher === null || toBase64(cipher) !== part) return null
      const packed = await crypto.subtle.decrypt(gcm(place), key, cipher).catch(() => null)
      const plain = packed && (await gunzip(new Uint8Array(packed), MOST_PLAIN_BYTES))
      return plain && new TextDecoder().decode(plain)
    },
  }
}
