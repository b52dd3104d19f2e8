import { type BigIntStats, constants } from 'node:fs'
import { open, stat } from 'node:fs/promises'
import { text } from 'node:stream/consumers'
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
  return { text: await read(path), inode: seen.inode, bytes: seen.bytes }
}

function quietNeededMs(seen: Look, last: Content | SourceError | undefined): number {
  if (last === undefined) return 0
  const mayBeHalf = !(last instanceof SourceError) && seen.inode === last.inode && seen.bytes < last.bytes
  return mayBeHalf ? LONG_QUIET_MS : QUIET_MS
}

async function look(path: string): Promise<Look> {
  const stats = await stat(path, { bigint: true })
  assertFile(path, stats)
  const { ino: inode, size: bytes, mtimeNs, ctimeNs } = stats
  if (bytes > MOST_BYTES) throw tooLong(path)
  return { inode, bytes, state: `${inode} ${bytes} ${mtimeNs} ${ctimeNs}` }
}

/** Whatever it has become since it was looked at. A pipe that nobody writes into must not be waited for. */
async function read(path: string): Promise<string> {
  const file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK)
  try {
    assertFile(path, await file.stat({ bigint: true }))
    const stream = file.createReadStream({ end: MOST_BYTES, autoClose: false })
    const content = await text(stream)
    if (stream.bytesRead > MOST_BYTES) throw tooLong(path)
    return content
  } finally {
    await file.close()
  }
}

function assertFile(path: string, stats: BigIntStats): void {
  if (stats.isDirectory()) throw new SourceError(`${path} is a folder, and no file`)
  if (!stats.isFile()) throw new SourceError(`${path} is a device, a pipe or a socket: only a file can be watched`)
}

const tooLong = (path: string) => new SourceError(`The file ${path} has more than ${MOST_BYTES} bytes`)

function unreadable(path: string, cause: unknown): SourceError {
  if (cause instanceof SourceError) return cause
  const code = systemCode(cause)
  if (code === 'ENOENT' || code === 'ENOTDIR') return new SourceError(`There is no file ${path}`, { cause })
  if (code === 'EACCES') return new SourceError(`The file ${path} may not be read by the front’s user`, { cause })
  return new SourceError(`The file ${path} cannot be read${code === null ? '' : ` (${code})`}`, { cause })
}
