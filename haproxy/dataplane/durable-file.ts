import { randomBytes } from 'node:crypto'
import { type FileHandle, open, rename, rm } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { ApiError } from './api-error.ts'

/**
 * Old or new content, whole, whenever the machine stops: written beside it, forced to the disk, renamed, and the folder
 * forced too.
 */
export async function writeDurably(path: string, content: string | Uint8Array): Promise<void> {
  const beside = join(dirname(path), `.${basename(path)}.${randomBytes(6).toString('hex')}`)
  try {
    await withFile(beside, 'wx', async (file) => {
      await file.writeFile(content)
      await file.sync()
    })
    await rename(beside, path)
  } catch (cause) {
    await rm(beside, { force: true }).catch(() => undefined)
    throw explain(cause, path)
  }
  await syncFolder(dirname(path))
}

export async function removeDurably(path: string): Promise<void> {
  await rm(path, { force: true })
  await syncFolder(dirname(path))
}

const syncFolder = (path: string) => withFile(path, 'r', (folder) => folder.sync())

async function withFile(path: string, flags: string, use: (file: FileHandle) => Promise<void>): Promise<void> {
  const file = await open(path, flags, 0o600)
  try {
    await use(file)
  } finally {
    await file.close()
  }
}

function explain(cause: unknown, path: string): unknown {
  const name = basename(path)
  switch ((cause as NodeJS.ErrnoException).code) {
    case 'ENOSPC':
    case 'EDQUOT':
      return new ApiError(
        500,
        `${name} cannot be written, nothing was changed: the disk is full, free some space`,
        cause,
      )
    case 'EACCES':
    case 'EPERM':
    case 'EROFS':
    case 'ENOENT':
    case 'ENOTDIR':
      return new ApiError(500, `${name} cannot be written, nothing was changed: its folder cannot be written`, cause)
    default:
      return cause
  }
}
