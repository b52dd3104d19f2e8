import { existsSync } from 'node:fs'
import { readdir, readFile } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { ApiError } from '../api-error.ts'
import { removeDurably, writeDurably } from '../durable-file.ts'
import { type Answer, type Call, noContent, ok, param, type Route, textBody, uploadedFile } from './call.ts'
import { reloadChoice, reloadHeader } from './configuration-change.ts'
import type { Context } from './context.ts'
import { readPem } from './pem.ts'
import { push } from './push-certificate.ts'
import { forgetStaple, isStaple } from './staples.ts'
import { existingFile, refuseReferenced, storageName } from './stored-files.ts'

const PATH = '/services/haproxy/storage/ssl_certificates'

export function storedCertificateRoutes(context: Context): Route[] {
  return [
    { method: 'GET', path: PATH, handle: async () => ok(await list(context)) },
    { method: 'POST', path: PATH, consumes: 'multipart/form-data', handle: (call) => create(context, call) },
    { method: 'GET', path: `${PATH}/{name}`, handle: (call) => read(context, call) },
    { method: 'PUT', path: `${PATH}/{name}`, consumes: 'text/plain', handle: (call) => replace(context, call) },
    { method: 'DELETE', path: `${PATH}/{name}`, handle: (call) => remove(context, call) },
  ]
}

const DESCRIPTION = 'managed SSL file'

async function list({ paths }: Context) {
  const all = await readdir(paths.certificates)
  const names = all.filter((name) => !name.startsWith('.') && !isStaple(name)).sort()
  return names.map((storage_name) => ({
    description: DESCRIPTION,
    file: join(paths.certificates, storage_name),
    storage_name,
  }))
}

const shown = (file: string, pem: string) => ({
  description: DESCRIPTION,
  file,
  storage_name: basename(file),
  ...readPem(pem),
})

async function create(context: Context, call: Call): Promise<Answer> {
  const { name, content } = await uploadedFile(call)
  const file = join(context.paths.certificates, storageName(name, '.pem', { optional: true }))
  const pem = new TextDecoder().decode(content)
  const json = shown(file, pem)
  await context.engine.inTurn(async () => {
    if (existsSync(file)) throw new ApiError(409, `object already exists: file ${basename(file)} already exists`)
    await writeDurably(file, pem)
  })
  // So that a crt-list may take it without a reload.
  if (await context.runtime.command(`new ssl cert ${file}`).catch(() => null)) await push(context, file, pem)
  return { status: 201, json }
}

async function read({ paths }: Context, call: Call): Promise<Answer> {
  const file = existingFile(paths.certificates, param(call, 'name'))
  return ok(shown(file, await readFile(file, 'utf8')))
}

async function replace(context: Context, call: Call): Promise<Answer> {
  const file = existingFile(context.paths.certificates, param(call, 'name'))
  const pem = await textBody(call)
  const json = shown(file, pem)
  await context.engine.inTurn(async () => {
    await forgetStaple(file)
    await writeDurably(file, pem)
  })
  const choice = reloadChoice(call)
  if (choice !== 'now' && (await push(context, file, pem))) return ok(json)
  const change = await context.engine.reload(choice)
  return { status: change.reloadId ? 202 : 200, json, headers: reloadHeader(change) }
}

async function remove(context: Context, call: Call): Promise<Answer> {
  const file = existingFile(context.paths.certificates, param(call, 'name'))
  await context.engine.inTurn(async () => {
    refuseReferenced(file, context.store.text().text)
    await forgetStaple(file)
    await removeDurably(file)
  })
  await context.runtime.command(`del ssl cert ${file}`).catch(() => undefined)
  const change = await context.engine.reload(reloadChoice(call))
  return change.reloadId ? { status: 202, headers: reloadHeader(change) } : noContent
}
