import { closeSync, openSync, readSync, renameSync, statSync } from 'node:fs'

const LARGEST_BYTES = 8 * 2 ** 20
const LONGEST_EXCERPT_BYTES = 16 * 2 ** 10

/** What HAProxy prints goes to a file, since a pipe would break when the front dies. */
export interface LogFile {
  /** A descriptor for a new process; the caller closes it. */
  open(): number
  /** Where it ends now. */
  end(): number
  /** What was printed since then. */
  since(position: number): string
}

export function createLogFile(path: string): LogFile {
  const end = () => statSync(path, { throwIfNoEntry: false })?.size ?? 0
  return {
    open() {
      if (end() > LARGEST_BYTES) renameSync(path, `${path}.old`)
      return openSync(path, 'a', 0o600)
    },
    end,
    since(position) {
      const start = Math.max(position, end() - LONGEST_EXCERPT_BYTES)
      return readFrom(path, start > end() ? 0 : start)
    },
  }
}

function readFrom(path: string, position: number): string {
  const buffer = Buffer.alloc(LONGEST_EXCERPT_BYTES)
  let file: number
  try {
    file = openSync(path, 'r')
  } catch {
    return ''
  }
  try {
    return buffer.toString('utf8', 0, readSync(file, buffer, 0, buffer.length, position)).trimEnd()
  } finally {
    closeSync(file)
  }
}
