import { existsSync } from 'node:fs'
import { basename, join } from 'node:path'
import { ApiError } from '../api-error.ts'
import { removeDurably } from '../durable-file.ts'
import { type Answer, type Call, noContent, param } from './call.ts'
import type { Context } from './context.ts'

const NAME = /^[A-Za-z0-9_-][A-Za-z0-9_.-]*$/

/** A file's name without folders, with its ending; nothing in it can lead out of the folder. */
export function storageName(given: string, ending: string, { optional = false } = {}): string {
  const bare = basename(given.replaceAll('\\', '/'))
  const name = bare.endsWith(ending) || optional ? bare : `${bare}${ending}`
  if (!NAME.test(name) || name.length > 200)
    throw new ApiError(
      400,
      'a file name has letters, digits, dots, dashes and underscores, and does not begin with a dot',
    )
  return name
}

/** The path of a file that is there. */
export function existingFile(folder: string, name: string): string {
  const path = join(folder, basename(name))
  if (!NAME.test(basename(name)) || !existsSync(path))
    throw new ApiError(404, `missing object: file ${basename(name)} doesn't exist in dir: ${basename(folder)}`)
  return path
}

/** A file that the configuration names must stay, else HAProxy would not start again. */
export function refuseReferenced(path: string, configuration: string): void {
  const names = [path, join(basename(join(path, '..')), basename(path))]
  const lines = configuration.split('\n')
  const at = lines.findIndex((line) => names.some((name) => line.includes(name)))
  if (at >= 0)
    throw new ApiError(
      409,
      `rejecting attempt to delete file ${basename(path)} referenced in haproxy conf at line ${at + 1}: ${lines[at]?.trim()}`,
    )
}

/** The worker keeps what it has loaded. */
export async function removeStored(
  { paths, engine, store }: Context,
  folder: 'maps' | 'general',
  call: Call,
): Promise<Answer> {
  const path = existingFile(paths[folder], param(call, 'name'))
  await engine.inTurn(async () => {
    refuseReferenced(path, store.text().text)
    await removeDurably(path)
  })
  return noContent
}
