import { type Bytes, fromHex } from './bytes.ts'

/** Four or sixteen octets, or `null` for what is not exactly one address. */
export function ipBytes(text: string): Bytes | null {
  return text.includes(':') ? ipv6Bytes(text) : ipv4Bytes(text)
}

function ipv4Bytes(text: string): Bytes | null {
  const parts = text.split('.')
  const good = parts.length === 4 && parts.every((part) => /^(0|[1-9]\d{0,2})$/.test(part) && Number(part) <= 255)
  return good ? Uint8Array.from(parts, Number) : null
}

function ipv6Bytes(text: string): Bytes | null {
  if (!/^[0-9a-f:.]{2,45}$/i.test(text)) return null
  const url = URL.parse(`http://[${text}]`)
  if (url === null) return null
  // The URL parser writes every address in one form: groups of hexadecimal digits, and perhaps one `::`.
  const [head = '', tail] = url.hostname.slice(1, -1).split('::')
  const left = groups(head)
  const right = tail === undefined ? [] : groups(tail)
  return fromHex([...left, ...Array(8 - left.length - right.length).fill('0000'), ...right].join(''))
}

const groups = (text: string) => (text === '' ? [] : text.split(':').map((group) => group.padStart(4, '0')))
