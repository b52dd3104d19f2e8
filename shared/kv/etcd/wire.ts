import type { Entry, Json } from '../kv.ts'
import { prefixEnd } from '../limits.ts'

/**
 * What etcd's v3 JSON gateway says, as far as it is read here.
 * It omits what is zero or false, writes int64 as text and keys and values in base64.
 */
interface Header {
  revision: string
}

export interface WireEntry {
  key: string
  value: string
  mod_revision: string
}

export interface RangeAnswer {
  header: Header
  kvs?: WireEntry[]
  more?: true
}

export interface TxnAnswer {
  header: Header
  succeeded?: true
  responses?: { response_range?: RangeAnswer; response_txn?: { succeeded?: true } }[]
}

export interface WatchAnswer {
  created?: true
  canceled?: true
  compact_revision?: string
  events?: WireEvent[]
}

export interface WireEvent {
  type?: 'DELETE'
  kv: WireEntry
}

/** Where this store's keys lie among all others in etcd: everything is ASCII, so btoa and atob suffice. */
export interface KeySpace {
  /** Prefix and key as etcd has them, in base64. */
  encode(key: string): string
  /** The end of the range of all keys with this prefix, in base64. */
  encodeEnd(prefix: string): string
  /** The store's key. */
  decode(wireKey: string): string
  /** What stands there, from its base64. */
  decodeValue(wireValue: string): Json
}

/** `decodeValue`: of what others than the store have written. */
export function keySpace(root: string, decodeValue = (text: string): Json => JSON.parse(atob(text))): KeySpace {
  return {
    encode: (key) => btoa(root + key),
    encodeEnd: (prefix) => btoa(prefixEnd(root + prefix)),
    decode: (wireKey) => atob(wireKey).slice(root.length),
    decodeValue,
  }
}

export function toEntry<T extends Json>(keys: KeySpace, { key, value, mod_revision }: WireEntry): Entry<T> {
  return { key: keys.decode(key), value: keys.decodeValue(value) as T, version: Number(mod_revision) }
}
