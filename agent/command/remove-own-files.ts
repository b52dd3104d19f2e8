import { readdir, rm, rmdir } from 'node:fs/promises'
import { basename, join } from 'node:path'
import type { Folder } from '../config/folder.ts'

/** What is left of a file that was not written to its end. */
const UNFINISHED = /\.[0-9a-f]{12}$/
const LOG = /^app\.log(\.\d+)?$/

/** Removes what the agent has written into its folder, and no file of anybody else's. Whether nothing lies there any more. */
export async function removeOwnFiles(folder: Folder): Promise<boolean> {
  const { path, key, state, socket, running, certificates, logs } = folder
  const own = [key, state, socket, running, `${running}.new`].map((file) => basename(file))
  await removeFiles(path, (name) => own.includes(name.replace(UNFINISHED, '')))
  const { ca, cert, key: certKey, mongodb } = certificates
  const pem = [ca, cert, certKey, mongodb].map((file) => basename(file))
  await removeFiles(certificates.folder, (name) => pem.includes(name.replace(UNFINISHED, '')))
  for (const app of await entriesIn(logs)) {
    await removeFiles(join(logs, app.name), (name) => LOG.test(name))
    await removeIfEmpty(join(logs, app.name))
  }
  await removeIfEmpty(logs)
  await removeIfEmpty(certificates.folder)
  return removeIfEmpty(path)
}

async function removeFiles(folder: string, isOwn: (name: string) => boolean): Promise<void> {
  for (const entry of await entriesIn(folder))
    if (!entry.isDirectory() && isOwn(entry.name)) await rm(join(folder, entry.name), { force: true })
}

/** None where there is no folder. */
const entriesIn = (folder: string) => readdir(folder, { withFileTypes: true }).catch(() => [])

const removeIfEmpty = (folder: string): Promise<boolean> =>
  rmdir(folder).then(
    () => true,
    ({ code }) => code === 'ENOENT',
  )
