import { existsSync } from 'node:fs'
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { ApiError } from '../api-error.ts'
import { writeDurably } from '../durable-file.ts'
import { type Answer, type Call, noContent, ok, param, type Route, uploadedFile } from './call.ts'
import { reloadChoice, reloadHeader } from './configuration-change.ts'
import type { Context } from './context.ts'
import { existingFile, removeStored, storageName } from './stored-files.ts'

const PATH = '/services/haproxy/storage/general'

/** Any other file that a configuration names: a CA bundle, a revocation list, an error page. */
export function storedGeneralRoutes(context: Context): Route[] {
  const consumes = 'multipart/form-data' as const
  return [
    { method: 'GET', path: PATH, handle: async () => ok(await list(context)) },
    { method: 'POST', path: PATH, consumes, handle: (call) => create(context, call) },
    { method: 'GET', path: `${PATH}/{name}`, produces: 'text', handle: (call) => read(context, call) },
    { method: 'PUT', path: `${PATH}/{name}`, consumes, handle: (call) => replace(context, call) },
    { method: 'DELETE', path: `${PATH}/{name}`, handle: (call) => removeStored(context, 'general', call) },
  ]
}

async function list({ paths }: Context) {
  const names = (await readdir(paths.general)).filter((name) => !name.startsWith('.')).sort()
  return names.map((name) => ({
    description: 'managed general use file',
    file: join(paths.general, name),
    storage_name: name,
  }))
}

async function create({ paths, engine }: Context, call: Call): Promise<Answer> {
  const { name, content } = await uploadedFile(call)
  const storage_name = storageName(name, '', { optional: true })
  const file = join(paths.general, storage_name)
  await engine.inTurn(async () => {
    if (existsSync(file)) throw new ApiError(409, `object already exists: file ${storage_name} already exists`)
    await writeDurably(file, content)
  })
  return { status: 201, json: { description: 'managed general use file', file, size: content.length, storage_name } }
}

async function read({ paths }: Context, call: Call): Promise<Answer> {
  const text = new Uint8Array(await readFile(existingFile(paths.general, param(call, 'name'))))
  return { status: 200, text, contentType: 'application/octet-stream' }
}

async function replace({ paths, engine }: Context, call: Call): Promise<Answer> {
  const file = existingFile(paths.general, param(call, 'name'))
  const { content } = await uploadedFile(call)
  await engine.inTurn(() => writeDurably(file, content))
  const change = await engine.reload(reloadChoice(call))
  return change.reloadId ? { status: 202, headers: reloadHeader(change) } : noContent
}
