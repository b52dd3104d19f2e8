import { type Bytes, concat, utf8 } from '../../pki/bytes.ts'

/** What an update of a zone consists of, as octets (RFC 1035 4.1, RFC 2136 2). */

const CLASS = { in: 1, none: 254 } as const
const TYPE = { soa: 6, txt: 16 } as const
const UPDATE = 5 << 11
const TTL_SECONDS = 60

export const u16 = (value: number) => Uint8Array.of(value >> 8, value & 0xff)
export const u32 = (value: number) => concat([u16(value >>> 16), u16(value & 0xffff)])
export const counted = (bytes: Uint8Array) => concat([u16(bytes.length), bytes])

export function wireName(name: string): Bytes {
  const labels = name.toLowerCase().replace(/\.$/, '').split('.')
  return concat([...labels.map((label) => concat([Uint8Array.of(label.length), utf8(label)])), Uint8Array.of(0)])
}

export interface TxtChange {
  zone: string
  name: string
  value: string
  change: 'add' | 'remove'
}

/** Without its signature. */
export function updateMessage(id: number, { zone, name, value, change }: TxtChange): Bytes {
  const header = concat([u16(id), u16(UPDATE), u16(1), u16(0), u16(1), u16(0)])
  const section = concat([wireName(zone), u16(TYPE.soa), u16(CLASS.in)])
  const text = concat([Uint8Array.of(value.length), utf8(value)])
  const [kind, ttl] = change === 'add' ? [CLASS.in, TTL_SECONDS] : [CLASS.none, 0]
  const record = concat([wireName(name), u16(TYPE.txt), u16(kind), u32(ttl), counted(text)])
  return concat([header, section, record])
}
