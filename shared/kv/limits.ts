import type { Check, Json, Kv, Write } from './kv.ts'

export const MAX_KEY_LENGTH = 512
const MAX_PAGE_ENTRIES = 1_000
/** Its base64 still fits one etcd request (1.5 MiB), and it fits a Durable Object's row (2 MB). */
export const MAX_VALUE_BYTES = 512 * 1024
/** How far back a watcher may resume in the stores that keep their own log of changes. */
export const KEPT_REVISIONS = 10_000

const PRINTABLE_ASCII = /^[\x21-\x7e]+$/

/** A caller that breaks the store's contract is a mistake in the program, never bad input: hence RangeError. */
export function assertCommit(kv: Pick<Kv, 'maxOperations'>, checks: Check[], writes: Write[]): void {
  for (const operations of [checks, writes]) {
    if (operations.length > kv.maxOperations) {
      throw new RangeError(`a commit of ${operations.length} operations, where the store takes ${kv.maxOperations}`)
    }
    for (const { key } of operations) assertKey(key)
  }
  if (new Set(writes.map((write) => write.key)).size < writes.length) {
    throw new RangeError('a commit that writes one key twice')
  }
}

export function assertKey(key: string): void {
  if (key.length > MAX_KEY_LENGTH || !PRINTABLE_ASCII.test(key)) {
    throw new RangeError(`a key must be 1 to ${MAX_KEY_LENGTH} printable ASCII characters: ${JSON.stringify(key)}`)
  }
}

/** A write with its value as text: `null` is a delete. */
export interface EncodedWrite {
  key: string
  text: string | null
  /** Infinity: never. */
  expiresAtMs: number
}

export function encodeWrite(write: Write, nowMs: number): EncodedWrite {
  if ('delete' in write) return { key: write.key, text: null, expiresAtMs: Number.POSITIVE_INFINITY }
  const { key, value, expiresInSeconds = Number.POSITIVE_INFINITY } = write
  return { key, text: encodeValue(value), expiresAtMs: nowMs + expiresInSeconds * 1_000 }
}

/** ASCII, so that one character is one byte in every engine and in base64. */
export function encodeValue(value: Json): string {
  const text = JSON.stringify(value).replace(/[\x7f-\uffff]/g, escapeUnit)
  if (text.length > MAX_VALUE_BYTES) {
    throw new RangeError(`a value of ${text.length} bytes, where the store takes ${MAX_VALUE_BYTES}`)
  }
  return text
}

export function pageLimit(limit = MAX_PAGE_ENTRIES): number {
  return Math.min(limit, MAX_PAGE_ENTRIES)
}

/** The first key that is greater than every key with the prefix. Keys end before 0x7f, so this never overflows. */
export function prefixEnd(prefix: string): string {
  return prefix === '' ? '\x7f' : prefix.slice(0, -1) + String.fromCharCode(prefix.charCodeAt(prefix.length - 1) + 1)
}

const escapeUnit = (unit: string) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`
