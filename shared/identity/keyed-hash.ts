import { toHex } from '../lib/hex.ts'

const encoder = new TextEncoder()

/** HMAC-SHA-256 under SECRET_KEY, in hex. The purpose keeps a hash made for one use from fitting another. */
export type KeyedHash = (purpose: string, text: string) => Promise<string>

export async function keyedHash(secretKey: string): Promise<KeyedHash> {
  const algorithm = { name: 'HMAC', hash: 'SHA-256' }
  const key = await crypto.subtle.importKey('raw', encoder.encode(secretKey), algorithm, false, ['sign'])
  return async (purpose, text) => {
    const mac = await crypto.subtle.sign('HMAC', key, encoder.encode(`${purpose}\0${text}`))
    return toHex(new Uint8Array(mac))
  }
}
