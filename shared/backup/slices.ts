import { encodeValue } from '../kv/limits.ts'
import type { StoreRecord } from './snapshot.ts'

interface Most {
  records: number
  bytes: number
}

/** In their order, each key once in a slice, as it is said last. One record may be larger than a slice shall be. */
export function* slicesOf(records: StoreRecord[], most: Most): Generator<StoreRecord[]> {
  let slice = new Map<string, StoreRecord>()
  let bytes = 0
  for (const record of records) {
    const size = sizeOf(record)
    if (slice.size > 0 && (slice.size >= most.records || bytes + size > most.bytes)) {
      yield [...slice.values()]
      slice = new Map()
      bytes = 0
    }
    slice.set(record.key, record)
    bytes += size
  }
  if (slice.size > 0) yield [...slice.values()]
}

const sizeOf = (record: StoreRecord): number =>
  record.key.length + 30 + ('value' in record ? encodeValue(record.value).length : 0)
