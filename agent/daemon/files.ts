import { randomBytes } from 'node:crypto'
import { chmod, mkdir, open, readFile, rename, rm, stat } from 'node:fs/promises'
import { dirname } from 'node:path'

const OWN_FILE = 0o600
const OWN_FOLDER = 0o700
const WRITTEN_BY_OTHERS = 0o022

/** Whole or not at all, also when the machine goes down in between; for its owner alone. */
export async function writeWhole(path: string, text: string): Promise<void> {
  const temporary = `${path}.${randomBytes(6).toString('hex')}`
  try {
    const file = await open(temporary, 'wx', OWN_FILE)
    try {
      await file.writeFile(text)
      await file.sync()
    } finally {
      await file.close()
    }
    await rename(temporary, path)
  } catch (error) {
    await rm(temporary, { force: true })
    throw error
  }
  await syncFolder(dirname(path))
}

/** The folder remembers which file has the name. */
async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, 'r')
  await folder.sync().finally(() => folder.close())
}

/** What was there before may hold other things that others read; in none of them may others put something in a file's place. */
export async function ownFolder(folder: string): Promise<void> {
  const made = await mkdir(folder, { recursive: true, mode: OWN_FOLDER })
  const { mode } = await stat(folder)
  const wanted = made === undefined ? mode & ~WRITTEN_BY_OTHERS : OWN_FOLDER
  if ((mode & 0o777) !== (wanted & 0o777)) await chmod(folder, wanted & 0o7777)
}

/** `null`: there is no such file. */
export async function readIfThere(path: string): Promise<string | null> {
  try {
    return await readFile(path, 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null
    throw error
  }
}
