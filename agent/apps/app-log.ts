import { appendFileSync, copyFileSync, mkdirSync, openSync, renameSync, rmSync, statSync, truncateSync } from 'node:fs'
import { dirname } from 'node:path'

export interface AppLogOptions {
  path: string
  /** A file is put aside when it is larger. Default 10 MiB. */
  maxBytes?: number
  /** So many older files stay. Default 5. */
  keep?: number
  now?: () => number
}

/** What an app prints, on both of its outputs, and what the agent has to say of it, in one file. */
export interface AppLog {
  path: string
  /** For the app itself, so that it goes on printing when the agent dies. The caller closes it. */
  open(): number
  /** A line of the agent's. */
  note(sentence: string): void
  rotateIfDue(): void
}

export function createAppLog({ path, maxBytes = 10 * 2 ** 20, keep = 5, now = Date.now }: AppLogOptions): AppLog {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 })
  return {
    path,
    open: () => openSync(path, 'a', 0o600),
    note(sentence) {
      appendFileSync(path, `${new Date(now()).toISOString()} [agent] ${sentence}\n`, { mode: 0o600 })
    },
    rotateIfDue() {
      if (sizeOf(path) > maxBytes) rotate(path, keep)
    },
  }
}

/** `app.log.1` is the newest of the older ones. */
export const olderLog = (path: string, number: number): string => `${path}.${number}`

/**
 * The app holds the file open, so it is copied and emptied instead of renamed. What is printed between the two, within
 * some microseconds, is lost.
 */
function rotate(path: string, keep: number): void {
  rmSync(olderLog(path, keep), { force: true })
  for (let number = keep - 1; number >= 1; number--) {
    if (sizeOf(olderLog(path, number)) > 0) renameSync(olderLog(path, number), olderLog(path, number + 1))
  }
  if (keep > 0) copyFileSync(path, olderLog(path, 1))
  truncateSync(path)
}

const sizeOf = (path: string): number => statSync(path, { throwIfNoEntry: false })?.size ?? 0
