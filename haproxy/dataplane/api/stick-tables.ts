import { ApiError } from '../api-error.ts'
import type { Runtime } from '../process/runtime.ts'
import { type Call, integerQuery, ok, param, type Route } from './call.ts'
import { checkSocketName, checkSocketWord } from './socket-words.ts'

const PATH = '/services/haproxy/runtime/stick_tables'

interface StickTable {
  name: string
  type: string
  size: number
  used: number
}

export function stickTableRoutes(runtime: Runtime): Route[] {
  return [
    { method: 'GET', path: PATH, handle: async () => ok(parseTables(await runtime.command('show table'))) },
    { method: 'GET', path: `${PATH}/{name}`, handle: async (call) => ok(await table(runtime, param(call, 'name'))) },
    { method: 'GET', path: `${PATH}/{name}/entries`, handle: async (call) => ok(await entries(runtime, call)) },
  ]
}

async function table(runtime: Runtime, name: string): Promise<StickTable> {
  const found = parseTables(await runtime.command('show table')).find((each) => each.name === name)
  if (!found) throw new ApiError(404, `stick table ${name} not found`)
  return found
}

async function entries(runtime: Runtime, call: Call) {
  const name = checkSocketName('name', param(call, 'name'))
  const key = call.query.get('key')
  const chosen = key === null ? '' : ` key ${checkSocketWord('key', key)}`
  const text = await runtime.command(`show table ${name}${chosen}`)
  if (/^No such table/i.test(text)) throw new ApiError(404, `stick table ${name} not found`)
  const [offset, count] = [integerQuery(call, 'offset') ?? 0, integerQuery(call, 'count')]
  return parseEntries(text).slice(offset, count === null ? undefined : offset + count)
}

const parseTables = (text: string): StickTable[] =>
  [...text.matchAll(/^# table: (\S+), type: (\w+), size:(\d+), used:(\d+)/gm)].map(
    ([, name = '', type = '', size, used]) => ({
      name,
      type,
      size: Number(size),
      used: Number(used),
    }),
  )

/** `0x…: key=… use=0 exp=59 shard=0 http_req_rate(10000)=1`; the key may hold spaces. */
function parseEntries(text: string): Record<string, string | number | boolean>[] {
  return [...text.matchAll(/^(0x[0-9a-f]+): key=(.*?) use=(\d+) (.*)$/gm)].map(
    ([, id = '', key = '', use, rest = '']) => {
      const entry: Record<string, string | number | boolean> = { id, key, use: Number(use) > 0 }
      for (const [, name = '', value = ''] of rest.matchAll(/([a-z_0-9]+)(?:\(\d+\))?=(\S+)/g))
        entry[name] = /^-?\d+$/.test(value) ? Number(value) : value
      return entry
    },
  )
}
