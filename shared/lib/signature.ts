import { toHex } from './hex.ts'

const encoder = new TextEncoder()

/**
 * What a webhook's call carries: `t=…,v1=…`, where v1 is HMAC-SHA-256, in hexadecimal digits, of the seconds in `t`, a dot
 * and the body. Who gets it can tell that it is ours, and not an old one.
 */
export async function signatureOf(body: string, { secret, nowMs }: { secret: string; nowMs: number }): Promise<string> {
  const at = String(Math.floor(nowMs / 1_000))
  const algorithm = { name: 'HMAC', hash: 'SHA-256' }
  const key = await crypto.subtle.importKey('raw', encoder.encode(secret), algorithm, false, ['sign'])
  const mac = await crypto.subtle.sign('HMAC', key, encoder.encode(`${at}.${body}`))
  return `t=${at},v1=${toHex(new Uint8Array(mac))}`
}
