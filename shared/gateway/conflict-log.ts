import { placeText } from '../backends/places.ts'
import { sleep } from '../lib/sleep.ts'
import type { Log } from '../log/log.ts'
import type { BackendTable } from './backend-table.ts'

/** Says in the log which backends want what another one has: once when it comes to that, and once when it is over. */
export interface ConflictLog {
  /** Where what there is may be something else now. Changes that come together are looked at together. */
  lookSoon(): void
}

/** Also so long that the order of providers is known before their backends are compared. */
const SOON_MS = 1_000
const MOST_LINES = 20

export function createConflictLog(
  table: Pick<BackendTable, 'records' | 'conflictsOf'>,
  { log, signal }: { log: Log; signal: AbortSignal },
): ConflictLog {
  let known = new Map<string, Line>()
  let isDue = false

  const look = () => {
    const found = linesOf(table)
    const come = [...found].filter(([text]) => !known.has(text))
    const gone = [...known].filter(([text]) => !found.has(text))
    known = found
    for (const [, line] of come.slice(0, MOST_LINES)) log.warn('A backend wants what another one has', { ...line })
    for (const [, line] of gone.slice(0, MOST_LINES)) log.info('A conflict between backends is over', { ...line })
    const more = Math.max(come.length - MOST_LINES, 0) + Math.max(gone.length - MOST_LINES, 0)
    if (more > 0) log.warn('More backends want, or wanted, what others have: see /api/backends', { more })
  }
  return {
    lookSoon() {
      if (isDue) return
      isDue = true
      void sleep(SOON_MS, signal).then(() => {
        isDue = false
        if (!signal.aborted) look()
      })
    },
  }
}

interface Line {
  provider: string
  backend: string
  wants: string
  has: string
}

function linesOf(table: Pick<BackendTable, 'records' | 'conflictsOf'>): Map<string, Line> {
  const lines = new Map<string, Line>()
  for (const record of table.records()) {
    for (const { over, with: holder } of table.conflictsOf(record)) {
      const line = {
        provider: record.provider,
        backend: record.backend.name,
        wants: over === 'name' ? 'its name' : placeText(over),
        has: holder === 'agent' ? 'an agent' : `${holder.provider}/${holder.name}`,
      }
      lines.set(JSON.stringify(line), line)
    }
  }
  return lines
}
