import { readFile, stat } from 'node:fs/promises'
import { sleep } from '../../lib/sleep.ts'
import { SourceError, systemCode } from '../source-error.ts'
import { watchFolders } from './node-watched-folders.ts'

/** Whoever writes has finished when nothing has changed for so long; or not, when there is less in it than before. */
const QUIET_MS = 5
const LONG_QUIET_MS = 50
/** Some file systems say nothing of what others write. */
const RECHECK_MS = 2_000
const MOST_BYTES = 10 * 1024 * 1024

/** The text of a file, at once and after each change, or why it cannot be read. Until the signal is aborted. */
export async function* followFile(path: string, signal: AbortSignal): AsyncGenerator<string | SourceError> {
  const folders = watchFolders(path)
  let last: Content | SourceError | undefined
  try {
    while (!signal.aborted) {
      folders.refresh()
      const found = await settled(path, last, signal).catch((error) => unreadable(path, error))
      if (signal.aborted) return
      if (isNews(found, last)) yield found instanceof SourceError ? found : found.text
      last = found
      await folders.change(RECHECK_MS, signal)
    }
  } finally {
    folders.close()
  }
}

interface Look {
  inode: bigint
  bytes: bigint
  /** Another one after each write. */
  state: string
}

interface Content extends Omit<Look, 'state'> {
  text: string
}

function isNews(found: Content | SourceError, last: Content | SourceError | undefined): boolean {
  if (found instanceof SourceError) return !(last instanceof SourceError) || found.message !== last.message
  return last === undefined || last instanceof SourceError || found.text !== last.text
}

/** Reads it once nobody writes it any more. */
async function settled(path: string, last: Content | SourceError | undefined, signal: AbortSignal): Promise<Content> {
  let seen = await look(path)
  for (let quietMs = 0; quietMs < quietNeededMs(seen, last) && !signal.aborted; ) {
    await sleep(QUIET_MS, signal)
    const now = await look(path)
    quietMs = now.state === seen.state ? quietMs + QUIET_MS : 0
    seen = now
  }
  return { text: await readFile(path, 'utf8'), inode: seen.inode, bytes: seen.bytes }
}

function quietNeededMs(seen: Look, last: Content | SourceError | undefined): number {
  if (last === undefined) return 0
  const mayBeHalf = !(last instanceof SourceError) && seen.inode === last.inode && seen.bytes < last.bytes
  return mayBeHalf ? LONG_QUIET_MS : QUIET_MS
}

async function look(path: string): Promise<Look> {
  const { ino: inode, size: bytes, mtimeNs, ctimeNs } = await stat(path, { bigint: true })
  if (bytes > MOST_BYTES) throw new SourceError(`The file ${path} has more than ${MOST_BYTES} bytes`)
  return { inode, bytes, state: `${inode} ${bytes} ${mtimeNs} ${ctimeNs}` }
}

function unreadable(path: string, cause: unknown): SourceError {
  if (cause instanceof SourceError) return cause
  const code = systemCode(cause)
  if (code === 'ENOENT' || code === 'ENOTDIR') return new SourceError(`There is no file ${path}`, { cause })
  if (code === 'EACCES') return new SourceError(`The file ${path} may not be read by the front’s user`, { cause })
  return new SourceError(`The file ${path} cannot be read${code === null ? '' : ` (${code})`}`, { cause })
}
