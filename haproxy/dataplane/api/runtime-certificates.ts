import { basename, dirname, resolve } from 'node:path'
import { ApiError } from '../api-error.ts'
import { type Answer, type Call, noContent, ok, param, type Route, uploadedFile } from './call.ts'
import type { Context } from './context.ts'
import { readPem } from './pem.ts'
import { push } from './push-certificate.ts'
import { checkSocketWord } from './socket-words.ts'

const PATH = '/services/haproxy/runtime/ssl_certs/{name}'

/** What the worker has loaded, by the path of its file. */
export function runtimeCertificateRoutes(context: Context): Route[] {
  return [
    { method: 'GET', path: PATH, handle: (call) => read(context, call) },
    { method: 'PUT', path: PATH, consumes: 'multipart/form-data', handle: (call) => replace(context, call) },
    { method: 'DELETE', path: PATH, handle: (call) => remove(context, call) },
  ]
}

/** A file in the folder of certificates, and no other. */
function fileOf({ paths }: Context, call: Call): string {
  const file = resolve(paths.certificates, checkSocketWord('name', param(call, 'name')))
  if (dirname(file) !== paths.certificates) throw new ApiError(404, `${basename(file)} is not loaded`)
  return file
}

async function statusOf({ runtime }: Context, file: string): Promise<string> {
  const status = /^Status: (.*)$/m.exec(await runtime.command(`show ssl cert ${file}`))?.[1]
  if (status === undefined) throw new ApiError(404, `${basename(file)} is not loaded`)
  return status
}

async function read(context: Context, call: Call): Promise<Answer> {
  const file = fileOf(context, call)
  return ok({ storage_name: file, status: await statusOf(context, file) })
}

async function replace(context: Context, call: Call): Promise<Answer> {
  const file = fileOf(context, call)
  await statusOf(context, file)
  const pem = new TextDecoder().decode((await uploadedFile(call)).content)
  readPem(pem)
  await push(context, file, pem)
  return ok({ storage_name: file, status: await statusOf(context, file) })
}

async function remove(context: Context, call: Call): Promise<Answer> {
  const answer = await context.runtime.command(`del ssl cert ${fileOf(context, call)}`)
  if (/deleted/i.test(answer)) return noContent
  throw new ApiError(/doesn't exist/.test(answer) ? 404 : 400, `HAProxy refuses: ${answer.split('\n')[0]}`)
}
