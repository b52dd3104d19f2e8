import { resolve } from 'node:path'
import { ApiError } from '../api-error.ts'
import { type Answer, type Call, noContent, objectBody, ok, type Route } from './call.ts'
import type { Context } from './context.ts'
import { checkSocketWord } from './socket-words.ts'

const PATH = '/services/haproxy/runtime/ssl_crt_lists'

/** Which certificate the worker serves under which name; a new one needs its entry here besides its file. */
export function crtListRoutes(context: Context): Route[] {
  const consumes = 'application/json' as const
  return [
    { method: 'GET', path: PATH, handle: async () => ok((await names(context)).map((file) => ({ file }))) },
    { method: 'GET', path: `${PATH}/entries`, handle: (call) => entries(context, call) },
    { method: 'POST', path: `${PATH}/entries`, consumes, handle: (call) => add(context, call) },
    { method: 'DELETE', path: `${PATH}/entries`, handle: (call) => remove(context, call) },
  ]
}

async function names({ runtime }: Context): Promise<string[]> {
  const text = await runtime.command('show ssl crt-list')
  return text.split('\n').filter((line) => line !== '' && !line.startsWith('#'))
}

/** As the configuration spells it. */
async function chosen(context: Context, { query }: Call): Promise<string> {
  const name = query.get('name')
  if (!name) throw new ApiError(400, 'Query argument name is required, but not found')
  const wanted = resolve(context.paths.folder, name)
  const found = (await names(context)).find((each) => resolve(context.paths.folder, each) === wanted)
  if (found === undefined) throw new ApiError(404, `crt-list ${name} not found`)
  return checkSocketWord('name', found)
}

async function entries(context: Context, call: Call): Promise<Answer> {
  const text = await context.runtime.command(`show ssl crt-list -n ${await chosen(context, call)}`)
  return ok([...text.matchAll(/^(?!#)(\S+?)(?::(\d+))?(?: \[(.*?)\])?(?: (.+))?$/gm)].map(toEntry))
}

const toEntry = ([, file = '', line, config, filters]: RegExpMatchArray) => ({
  file,
  ...(line !== undefined && { line_number: Number(line) }),
  ...(config && { ssl_bind_config: config }),
  sni_filter: filters?.split(' ').filter((each) => each !== '') ?? [],
})

async function add(context: Context, call: Call): Promise<Answer> {
  const list = await chosen(context, call)
  const { file, ssl_bind_config, sni_filter = [] } = await objectBody(call)
  if (!Array.isArray(sni_filter)) throw new ApiError(422, 'sni_filter must be a list')
  const line = [
    checkSocketWord('file', file),
    ...(ssl_bind_config === undefined ? [] : [`[${checkBindConfig(ssl_bind_config)}]`]),
    ...sni_filter.map((each: unknown) => checkSocketWord('sni_filter', each)),
  ].join(' ')
  const answer = await context.runtime.command(`add ssl crt-list ${list} <<\n${line}\n`)
  if (!/Success!/.test(answer)) throw new ApiError(400, `HAProxy refuses: ${answer.replaceAll('\n', ' ')}`)
  return { status: 201, json: { file, ...(ssl_bind_config !== undefined && { ssl_bind_config }), sni_filter } }
}

function checkBindConfig(text: unknown): string {
  if (typeof text !== 'string' || !/^[A-Za-z0-9 .,:/_+-]*$/.test(text))
    throw new ApiError(400, 'ssl_bind_config must hold letters, digits, spaces and . , : / _ + - alone')
  return text
}

async function remove(context: Context, call: Call): Promise<Answer> {
  const list = await chosen(context, call)
  const file = checkSocketWord('cert_file', call.query.get('cert_file'))
  const line = call.query.get('line_number')
  if (line !== null && !/^\d{1,9}$/.test(line)) throw new ApiError(400, 'line_number must be a number')
  const answer = await context.runtime.command(`del ssl crt-list ${list} ${file}${line === null ? '' : `:${line}`}`)
  if (/deleted in crtlist/.test(answer)) return noContent
  throw new ApiError(
    /not found|can't be found|no entry|doesn't exist/i.test(answer) ? 404 : 400,
    `HAProxy refuses: ${answer.split('\n')[0]}`,
  )
}
