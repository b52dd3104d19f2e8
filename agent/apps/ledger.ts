import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import type { ProcessId } from './process/process-id.ts'

/** One run of an app, as the next agent finds it when this one is killed. */
export interface LedgerEntry extends ProcessId {
  app: string
  /** Which version of it. */
  version: string
  port: number
  /** In the environment of all of its processes. */
  mark: string
}

/** Which processes are ours, in a file. */
export interface Ledger {
  entries(): LedgerEntry[]
  add(entry: LedgerEntry): void
  remove(mark: string): void
}

export function openLedger(path: string): Ledger {
  let entries = read(path)
  const write = (next: LedgerEntry[]) => {
    entries = next
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 })
    // A half-written file would hide what runs.
    writeFileSync(`${path}.new`, JSON.stringify(entries), { mode: 0o600 })
    renameSync(`${path}.new`, path)
  }
  return {
    entries: () => entries,
    add: (entry) => write([...entries, entry]),
    remove: (mark) => write(entries.filter((each) => each.mark !== mark)),
  }
}

function read(path: string): LedgerEntry[] {
  try {
    return JSON.parse(readFileSync(path, 'utf8'))
  } catch {
    return []
  }
}
