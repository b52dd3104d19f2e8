import { entryBytes } from './checks.ts'
import type { MapEntry } from './models.ts'

/** Up to here the API adds the entries of a bulk write to those that are there; above it replaces all of them. */
const BORDER_BYTES = 8_192

export function bytesOf(entries: MapEntry[]): number {
  return entries.reduce((sum, entry) => sum + entryBytes(entry), 0)
}

/** Parts that are each added to what is there. */
export function appendable(entries: MapEntry[]): MapEntry[][] {
  const parts: MapEntry[][] = []
  let room = 0
  for (const entry of entries) {
    const bytes = entryBytes(entry)
    if (bytes >= room) {
      parts.push([])
      room = BORDER_BYTES
    }
    parts.at(-1)?.push(entry)
    room -= bytes
  }
  return parts
}

/**
 * The same entries, so that a bulk write replaces the whole map by exactly these; null where they are too few for that.
 *
 * The API cuts the lines into chunks, and an entry that goes over a chunk's border begins the next one. It loses that
 * entry when it is the last of all, and it mistakes a chunk that is filled to the byte. Spaces before a value push the
 * entry over the border that would be met, or the one before the last; HAProxy skips them when it reads the line.
 */
export function replacing(entries: MapEntry[]): MapEntry[] | null {
  const last = entries.at(-1)
  if (!last || bytesOf(entries) <= BORDER_BYTES) return null
  let chunk = 0
  const padded = entries.slice(0, -1).map((entry, index) => {
    const bytes = entryBytes(entry)
    const after = chunk + bytes
    const following = index === entries.length - 2 ? entryBytes(last) : 0
    const spaces =
      after === BORDER_BYTES || (after < BORDER_BYTES && after + following >= BORDER_BYTES)
        ? BORDER_BYTES - after + 1
        : 0
    chunk = after + spaces > BORDER_BYTES ? bytes + spaces : after
    return spaces === 0 ? entry : { key: entry.key, value: ' '.repeat(spaces) + entry.value }
  })
  return [...padded, last]
}
