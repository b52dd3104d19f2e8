import { type Bytes, concat, utf8 } from '../../pki/bytes.ts'

/** What an update of a zone consists of, as octets (RFC 1035 4.1, RFC 2136 2, RFC 8945 4). */

const CLASS = { in: 1, none: 254, any: 255 } as const
const TYPE = { soa: 6, txt: 16, tsig: 250 } as const
const UPDATE = 5 << 11
const TTL_SECONDS = 60
const FUDGE_SECONDS = 300

const u16 = (value: number) => Uint8Array.of(value >> 8, value & 0xff)
const u32 = (value: number) => concat([u16(value >>> 16), u16(value & 0xffff)])
const u48 = (value: number) => concat([u16(Math.floor(value / 2 ** 32)), u32(value % 2 ** 32)])
const counted = (bytes: Uint8Array) => concat([u16(bytes.length), bytes])

function wireName(name: string): Bytes {
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

export interface TsigKey {
  name: string
  /** As it is named in records, and as WebCrypto names its hash. */
  algorithm: { name: string; hash: string }
  secret: Bytes
}

/** RFC 8945 4.3: the message, its last record telling by which key it was signed, and when. */
export async function signedMessage(message: Bytes, key: TsigKey, nowMs: number): Promise<Bytes> {
  const [keyName, algorithm] = [wireName(key.name), wireName(key.algorithm.name)]
  const when = concat([u48(Math.floor(nowMs / 1_000)), u16(FUDGE_SECONDS)])
  const noError = concat([u16(0), u16(0)])
  const variables = concat([keyName, u16(CLASS.any), u32(0), algorithm, when, noError])
  const hmac = { name: 'HMAC', hash: key.algorithm.hash }
  const secret = await crypto.subtle.importKey('raw', key.secret, hmac, false, ['sign'])
  const mac = new Uint8Array(await crypto.subtle.sign('HMAC', secret, concat([message, variables])))
  const data = concat([algorithm, when, counted(mac), message.subarray(0, 2), noError])
  const record = concat([keyName, u16(TYPE.tsig), u16(CLASS.any), u32(0), counted(data)])
  const signed = concat([message, record])
  // One additional record.
  signed[11] = 1
  return signed
}
