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

  /** The newest first. */
  const newestOf = ({ kept }: Lines, filter: LogFilter, limit: number): Kept[] => {
    const found: Kept[] = []
    for (let i = kept.length - 1; i >= 0 && found.length < limit; i--) {
      const each = kept[i]
      if (each && matches(filter, each.entry)) found.push(each)
    }
    return found
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
      const { agentId } = filter
      const asked = agentId === undefined ? [...shelf.values()] : [shelf.get(agentId) ?? NO_LINES]
      const found = asked.flatMap((lines) => newestOf(lines, filter, limit))
      if (asked.length > 1) found.sort((one, other) => other.number - one.number)
      return found.slice(0, limit).map(({ entry }) => entry)
    },
  }
}

const NO_LINES: Lines = { kept: [], bytes: 0 }
