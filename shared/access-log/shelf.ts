import { type LogEntry, type LogFilter, matches } from './entry.ts'

interface Kept {
  entry: LogEntry
  bytes: number
  number: number
}

interface Lines {
  kept: Kept[]
  bytes: number
}

export interface Shelf {
  add(entry: LogEntry, bytes: number): void
  newest(filter: LogFilter, limit: number): LogEntry[]
}

/** An entry takes so much more than its line. */
const OVERHEAD_BYTES = 500
/** Of who has most, this part goes at once, so that room need not be made for each line. */
const PART = 4

/** Each agent has its own lines: who is asked for most does not push out the others'. */
export function createShelf({ maxBytes, maxLinesEach }: { maxBytes: number; maxLinesEach: number }): Shelf {
  const shelf = new Map<string | null, Lines>()
  let bytes = 0
  let number = 0

  const drop = (lines: Lines, count: number) => {
    const freed = lines.kept.splice(0, count).reduce((sum, kept) => sum + kept.bytes, 0)
    lines.bytes -= freed
    bytes -= freed
  }

  const makeRoom = () => {
    while (bytes > maxBytes) {
      const [most] = [...shelf].sort(([, one], [, other]) => other.bytes - one.bytes)
      if (!most) return
      const [owner, lines] = most
      drop(lines, Math.ceil(lines.kept.length / PART))
      if (lines.kept.length === 0) shelf.delete(owner)
    }
  }

  const candidates = (agentId: string | undefined): Kept[] => {
    if (agentId !== undefined) return shelf.get(agentId)?.kept ?? []
    return [...shelf.values()].flatMap(({ kept }) => kept).sort((one, other) => one.number - other.number)
  }

  return {
    add(entry, length) {
      const lines = shelf.get(entry.agentId) ?? { kept: [], bytes: 0 }
      shelf.set(entry.agentId, lines)
      const size = length + OVERHEAD_BYTES
      lines.kept.push({ entry, bytes: size, number: ++number })
      lines.bytes += size
      bytes += size
      if (lines.kept.length > maxLinesEach) drop(lines, Math.ceil(maxLinesEach / PART))
      if (bytes > maxBytes) makeRoom()
    },
    newest(filter, limit) {
      const found: LogEntry[] = []
      const all = candidates(filter.agentId)
      for (let i = all.length - 1; i >= 0 && found.length < limit; i--) {
        const entry = all[i]?.entry
        if (entry && matches(filter, entry)) found.push(entry)
      }
      return found
    },
  }
}
