import type { Field } from './static-table.ts'

/** What each field takes besides its letters: RFC 7541 4.1. */
const OVERHEAD_BYTES = 32
/** Both sides begin with that. */
export const TABLE_BYTES = 4096

/** The fields that were said before and may be said again by number, the newest first. */
export interface DynamicTable {
  at(index: number): Field | undefined
  add(field: Field): void
  limit(bytes: number): void
}

export function createDynamicTable(): DynamicTable {
  let fields: Field[] = []
  let oldest = 0
  let size = 0
  let most = TABLE_BYTES

  const shrink = () => {
    while (size > most) {
      const field = fields[oldest++]
      if (field) size -= sizeOf(field)
    }
    // Not for each one, which would move all others.
    if (oldest < fields.length - oldest) return
    fields = fields.slice(oldest)
    oldest = 0
  }

  return {
    at: (index) => (index < fields.length - oldest ? fields[fields.length - 1 - index] : undefined),
    add(field) {
      if (most === 0) return
      fields.push(field)
      size += sizeOf(field)
      shrink()
    },
    limit(bytes) {
      most = bytes
      shrink()
    },
  }
}

const sizeOf = ([name, value]: Field): number => name.length + value.length + OVERHEAD_BYTES
