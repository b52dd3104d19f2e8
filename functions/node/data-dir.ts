import { randomBytes } from 'node:crypto'
import { accessSync, chmodSync, constants, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { folderLock } from '../../shared/lib/node-folder-lock.ts'
import { StartError } from './start-error.ts'

export interface DataDir {
  path: string
  secretKey: string
  /** Another front may have the folder from now on. */
  release(): void
}

/** The folder of one front: locked against a second one, readable by its owner alone. */
export function openDataDir(path: string, secretKey: string | undefined): DataDir {
  try {
    mkdirSync(path, { recursive: true, mode: 0o700 })
    accessSync(path, constants.W_OK)
    // It may have been there before, open to others.
    chmodSync(path, 0o700)
  } catch (cause) {
    throw new StartError(
      `DATA_DIR ${path} cannot be written: give this user write access to it, or set DATA_DIR to a folder of its own`,
      cause,
    )
  }
  const lock = lockFolder(path)
  return { path, secretKey: secretKey ?? keptSecretKey(join(path, 'secret.key')), release: lock.release }
}

function lockFolder(path: string) {
  const inUse = `DATA_DIR ${path} is in use by another front: stop that one, or give this one another DATA_DIR`
  try {
    return folderLock(join(path, 'lock'), inUse)
  } catch (cause) {
    throw new StartError((cause as Error).message, cause)
  }
}

function keptSecretKey(path: string): string {
  if (!existsSync(path))
    writeFileSync(path, `${randomBytes(32).toString('base64url')}\n`, { mode: 0o600, flag: 'wx', flush: true })
  // A copy or a restore may have widened it.
  chmodSync(path, 0o600)
  const secretKey = readFileSync(path, 'utf8').trim()
  if (secretKey.length < 32)
    throw new StartError(
      `${path} holds no secret key: restore it, or set SECRET_KEY to the one this store was made with`,
    )
  return secretKey
}
