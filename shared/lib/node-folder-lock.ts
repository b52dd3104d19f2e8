import { DatabaseSync } from 'node:sqlite'

/** SQLite's code for a file that another process has. */
const BUSY = 5

/** This process alone has the file until it ends, however it ends: the kernel gives the lock back after kill -9 too. */
export function folderLock(path: string, inUse: string): { release(): void } {
  const database = new DatabaseSync(path)
  try {
    database.exec('PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE; CREATE TABLE IF NOT EXISTS lock (x); COMMIT')
  } catch (cause) {
    database.close()
    throw (cause as { errcode?: number }).errcode === BUSY ? new Error(inUse, { cause }) : cause
  }
  return { release: () => database.close() }
}
