import type { MapEntry } from '../../../shared/dataplane/models.ts'
import { ApiError } from '../api-error.ts'
import { type LoadedMap, mapFileName, type RuntimeMaps } from '../runtime-maps.ts'
import { type Answer, booleanQuery, type Call, listBody, noContent, objectBody, ok, param, type Route } from './call.ts'
import { checkSocketWord } from './socket-words.ts'

const PATH = '/services/haproxy/runtime/maps'
/** Above it the real one replaces the map; under it, it appends. */
const REPLACING_BYTES = 8_192

export function runtimeMapRoutes(maps: RuntimeMaps): Route[] {
  const consumes = 'application/json' as const
  const entry = `${PATH}/{name}/entries/{key}`
  return [
    { method: 'GET', path: PATH, handle: async () => ok((await maps.list()).map(listed)) },
    { method: 'GET', path: `${PATH}/{name}`, handle: (call) => read(maps, call) },
    { method: 'PUT', path: `${PATH}/{name}`, consumes, handle: (call) => put(maps, call) },
    { method: 'DELETE', path: `${PATH}/{name}`, handle: (call) => clear(maps, call) },
    { method: 'GET', path: `${PATH}/{name}/entries`, handle: async (call) => ok(await maps.entries(mapName(call))) },
    { method: 'POST', path: `${PATH}/{name}/entries`, consumes, handle: (call) => add(maps, call) },
    { method: 'GET', path: entry, handle: (call) => readEntry(maps, call) },
    { method: 'PUT', path: entry, consumes, handle: (call) => replaceEntry(maps, call) },
    { method: 'DELETE', path: entry, handle: (call) => removeEntry(maps, call) },
  ]
}

const mapName = (call: Call) => mapFileName(param(call, 'name'))
const shown = ({ description, file, id }: LoadedMap) => ({ description, file, id })
const listed = (map: LoadedMap) => ({ ...shown(map), storage_name: map.file.slice(map.file.lastIndexOf('/') + 1) })

async function read(maps: RuntimeMaps, call: Call): Promise<Answer> {
  const name = mapName(call)
  const found = (await maps.list()).find(({ file }) => file.endsWith(`/${name}`))
  if (!found) throw new ApiError(404, `${name} not found`)
  return ok(shown(found))
}

async function put(maps: RuntimeMaps, call: Call): Promise<Answer> {
  const [name, sync] = [mapName(call), booleanQuery(call, 'force_sync')]
  const given = await listBody(call)
  const entries = given.map((entry) => checkEntry(withoutPadding(entry)))
  if (entries.length === 0) throw new ApiError(400, 'an empty list: delete the map, which removes all of its entries')
  const bytes = sizeOf(given)
  await as400(() => (bytes > REPLACING_BYTES ? maps.replaceAll(name, entries) : maps.append(name, entries)))
  if (sync) await maps.sync(name)
  return { status: 201, json: entries }
}

async function clear(maps: RuntimeMaps, call: Call): Promise<Answer> {
  const [name, sync] = [mapName(call), booleanQuery(call, 'force_sync')]
  await maps.clear(name)
  if (sync) await maps.sync(name)
  return noContent
}

async function add(maps: RuntimeMaps, call: Call): Promise<Answer> {
  const [name, sync] = [mapName(call), booleanQuery(call, 'force_sync')]
  const entry = checkEntry(await objectBody(call))
  if (!(await as400(() => maps.add(name, entry)))) throw new ApiError(409, `${entry.key} already exists`)
  if (sync) await maps.sync(name)
  return { status: 201, json: entry }
}

async function readEntry(maps: RuntimeMaps, call: Call): Promise<Answer> {
  const key = checkKey(param(call, 'key'))
  const found = await maps.find(mapName(call), key)
  if (!found) throw new ApiError(404, `${key} not found`)
  return ok(found)
}

async function replaceEntry(maps: RuntimeMaps, call: Call): Promise<Answer> {
  const [name, sync] = [mapName(call), booleanQuery(call, 'force_sync')]
  const { value } = await objectBody(call)
  if (value === undefined) throw new ApiError(422, 'Error at "/value": property "value" is missing')
  const entry = { key: checkKey(param(call, 'key')), value: checkSocketWord('value', value) }
  await maps.replace(name, entry)
  if (sync) await maps.sync(name)
  return ok(entry)
}

async function removeEntry(maps: RuntimeMaps, call: Call): Promise<Answer> {
  const [name, sync] = [mapName(call), booleanQuery(call, 'force_sync')]
  await maps.remove(name, checkKey(param(call, 'key')))
  if (sync) await maps.sync(name)
  return noContent
}

/** Where an entry is written, the real one calls a map that is not loaded a bad request. */
async function as400<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    throw error instanceof ApiError && error.status === 404 ? new ApiError(400, error.message, error) : error
  }
}

/** As lines, padding included. */
const sizeOf = (entries: unknown[]): number =>
  (entries as MapEntry[]).reduce(
    (sum, { key, value }) => sum + Buffer.byteLength(key) + Buffer.byteLength(value) + 2,
    0,
  )

/** HAProxy skips spaces before a value, so whoever has to make a list longer than it is may put them there. */
function withoutPadding(entry: unknown): unknown {
  const { key, value } = (entry ?? {}) as Record<string, unknown>
  return { key, value: typeof value === 'string' ? value.replace(/^ +/, '') : value }
}

function checkEntry(entry: unknown): MapEntry {
  const { key, value } = (entry ?? {}) as Record<string, unknown>
  return { key: checkKey(key), value: checkSocketWord('value', value) }
}

/** A # begins a comment in a map's file, and a reference in a command. */
function checkKey(key: unknown): string {
  const word = checkSocketWord('key', key)
  if (word.startsWith('#')) throw new ApiError(400, 'key must not begin with a #')
  return word
}
