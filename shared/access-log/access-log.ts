import { createGroups } from '../lib/groups.ts'
import { type LogEntry, type LogFilter, matches, parseLine } from './entry.ts'
import { createShelf } from './shelf.ts'

/** The newest lines of HAProxy's access log, in memory alone. */
export interface AccessLog {
  take(line: string, node: string): void
  /** So many came that nobody could read. */
  miss(lines: number): void
  /** The newest first. */
  newest(filter: LogFilter, limit: number): LogEntry[]
  /** Tells of each line that matches, as it comes, and of how many were dropped; gives back what ends it. */
  follow(filter: LogFilter, reader: LogReader): () => void
  /** Since the start. */
  readonly counts: Readonly<LogCounts>
}

interface LogReader {
  line(entry: LogEntry): void
  dropped(lines: number): void
}

interface LogCounts {
  taken: number
  /** More came than can be read. */
  dropped: number
}

export interface AccessLogOptions {
  now: () => number
  /** What is kept. Default 32 MiB, and 2,000 lines of one agent. */
  maxBytes?: number
  maxLinesEach?: number
  /** What comes faster than this is dropped. Default 5,000. */
  maxLinesPerSecond?: number
}

const MAX_BYTES = 32 * 1024 * 1024
const MAX_LINES_EACH = 2_000
const MAX_LINES_PER_SECOND = 5_000

export function createAccessLog(options: AccessLogOptions): AccessLog {
  const { now, maxBytes = MAX_BYTES, maxLinesEach = MAX_LINES_EACH } = options
  const { maxLinesPerSecond = MAX_LINES_PER_SECOND } = options
  const shelf = createShelf({ maxBytes, maxLinesEach })
  const readers = createGroups<string | null, { filter: LogFilter; reader: LogReader }>()
  const counts: LogCounts = { taken: 0, dropped: 0 }
  const second = { startedAtMs: 0, taken: 0, dropped: 0 }

  const beginSecond = () => {
    if (second.dropped > 0) for (const { reader } of readers.all()) reader.dropped(second.dropped)
    Object.assign(second, { startedAtMs: now(), taken: 0, dropped: 0 })
  }

  const drop = (lines: number) => {
    second.dropped += lines
    counts.dropped += lines
  }
  const tell = (owner: string | null, entry: LogEntry) => {
    for (const { filter, reader } of readers.of(owner)) if (matches(filter, entry)) reader.line(entry)
  }

  return {
    take(line, node) {
      const sinceMs = now() - second.startedAtMs
      if (sinceMs >= 1_000 || sinceMs < 0) beginSecond()
      if (second.taken >= maxLinesPerSecond) {
        return drop(1)
      }
      // HAProxy also says there that it stops, in words.
      const entry = parseLine(line, node)
      if (!entry) return
      second.taken += 1
      counts.taken += 1
      shelf.add(entry, line.length)
      tell(null, entry)
      if (entry.agentId !== null) tell(entry.agentId, entry)
    },
    miss: drop,
    newest: (filter, limit) => shelf.newest(filter, limit),
    follow: (filter, reader) => readers.add(filter.agentId ?? null, { filter, reader }),
    counts,
  }
}
