import { basename, dirname, resolve } from 'node:path'
import { ApiError } from '../api-error.ts'
import { type Answer, type Call, param, type Route, uploadedFile } from './call.ts'
import type { Context } from './context.ts'
import { pemLines } from './pem.ts'
import { checkSocketWord } from './socket-words.ts'

/** Whom the worker trusts, and whose certificates it refuses: replaced while it runs. */
export function runtimeTrustRoutes(context: Context): Route[] {
  const consumes = 'multipart/form-data' as const
  const base = '/services/haproxy/runtime'
  return [
    {
      method: 'PUT',
      path: `${base}/ssl_ca_files/{name}`,
      consumes,
      handle: (call) => replace(context, call, 'ca', 201),
    },
    {
      method: 'PUT',
      path: `${base}/ssl_crl_files/{name}`,
      consumes,
      handle: (call) => replace(context, call, 'crl', 200),
    },
  ]
}

async function replace({ runtime, paths }: Context, call: Call, kind: 'ca' | 'crl', status: number): Promise<Answer> {
  const file = resolve(paths.general, checkSocketWord('name', param(call, 'name')))
  if (![paths.general, paths.certificates].includes(dirname(file))) throw notReferenced(file)
  const text = new TextDecoder().decode((await uploadedFile(call)).content)
  if (/PRIVATE KEY-----/.test(text)) throw new ApiError(400, 'a private key has no place here')
  const set = await runtime.command(`set ssl ${kind}-file ${file} <<\n${pemLines(text)}\n`)
  if (/not referenced/i.test(set)) throw notReferenced(file)
  const committed = /^(?:Transaction|transaction) (?:created|updated)/.test(set)
    ? await runtime.command(`commit ssl ${kind}-file ${file}`)
    : set
  if (!/Success!/.test(committed)) {
    await runtime.command(`abort ssl ${kind}-file ${file}`)
    throw new ApiError(400, `HAProxy refuses: ${committed.split('\n')[0]}`)
  }
  return { status, json: { storage_name: basename(file), file } }
}

const notReferenced = (file: string) =>
  new ApiError(500, `${basename(file)}: Cannot use a file which is not referenced by the configuration`)
