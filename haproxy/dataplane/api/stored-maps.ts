import { existsSync } from 'node:fs'
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { ApiError } from '../api-error.ts'
import { writeDurably } from '../durable-file.ts'
import { type Answer, type Call, noContent, ok, param, type Route, textBody, uploadedFile } from './call.ts'
import { reloadChoice, reloadHeader } from './configuration-change.ts'
import type { Context } from './context.ts'
import { existingFile, removeStored, storageName } from './stored-files.ts'

const PATH = '/services/haproxy/storage/maps'

export function storedMapRoutes(context: Context): Route[] {
  return [
    { method: 'GET', path: PATH, handle: async () => ok(await list(context)) },
    { method: 'POST', path: PATH, consumes: 'multipart/form-data', handle: (call) => create(context, call) },
    { method: 'GET', path: `${PATH}/{name}`, produces: 'text', handle: (call) => read(context, call) },
    { method: 'PUT', path: `${PATH}/{name}`, consumes: 'text/plain', handle: (call) => replace(context, call) },
    { method: 'DELETE', path: `${PATH}/{name}`, handle: (call) => removeStored(context, 'maps', call) },
  ]
}

async function list({ paths }: Context) {
  const names = (await readdir(paths.maps)).filter((name) => !name.startsWith('.')).sort()
  return names.map((name) => ({ description: 'managed map file', file: join(paths.maps, name), storage_name: name }))
}

async function create({ paths, engine }: Context, call: Call): Promise<Answer> {
  const { name, content } = await uploadedFile(call)
  const storage_name = storageName(name, '.map')
  const file = join(paths.maps, storage_name)
  await engine.inTurn(async () => {
    if (existsSync(file)) throw new ApiError(409, `object already exists: file ${storage_name} already exists`)
    await writeDurably(file, content)
  })
  const description = 'managed but not loaded map file (no runtime ID)'
  return { status: 201, json: { description, file, size: content.length, storage_name } }
}

async function read({ paths }: Context, call: Call): Promise<Answer> {
  const text = new Uint8Array(await readFile(existingFile(paths.maps, param(call, 'name'))))
  return { status: 200, text, contentType: 'application/octet-stream' }
}

async function replace({ paths, engine }: Context, call: Call): Promise<Answer> {
  const path = existingFile(paths.maps, param(call, 'name'))
  const text = await textBody(call)
  if (text === '') throw new ApiError(400, 'value is required but missing')
  await engine.inTurn(() => writeDurably(path, text))
  const change = await engine.reload(reloadChoice(call))
  return change.reloadId ? { status: 202, headers: reloadHeader(change) } : noContent
}
