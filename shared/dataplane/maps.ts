import type { Calls } from './calls.ts'
import { mapEntry, mapKey, mapName } from './checks.ts'
import type { CallOptions, DataPlane } from './data-plane.ts'
import { DataPlaneError } from './data-plane-error.ts'
import { listOf } from './lists.ts'
import { appendable, replacing } from './map-payload.ts'
import type { MapEntry } from './models.ts'

type Maps = Pick<
  DataPlane,
  'mapEntries' | 'mapEntry' | 'setMapEntry' | 'deleteMapEntry' | 'appendMapEntries' | 'replaceMap'
>

/** Of 100,000 entries. */
const BULK_TIMEOUT_MS = 30_000

export function mapCalls(calls: Calls): Maps {
  const maps: Maps = {
    mapEntries: async (map, options) =>
      listOf<MapEntry>(await calls.get(entriesPath(map), { timeoutMs: BULK_TIMEOUT_MS, ...options })).map(
        ({ key, value }) => ({ key, value }),
      ),

    async mapEntry(map, key, options) {
      const { status, data } = await calls.get(entryPath(map, key), { ...options, expect: [404] })
      return status === 404 ? null : (data as MapEntry).value
    },

    async setMapEntry(map, entry, { isNew = false, ...options } = {}) {
      const [first, second] = isNew ? [addEntry, changeEntry] : [changeEntry, addEntry]
      const written = (await first(calls, map, entry, options)) || (await second(calls, map, entry, options))
      if (!written) throw new DataPlaneError('conflict', `The entry ${entry.key} comes and goes`)
    },

    async deleteMapEntry(map, key, options) {
      const { status, text } = await calls.delete(entryPath(map, key), { ...options, expect: [404] })
      if (status === 404) mustBeLoaded(map, text)
    },

    async appendMapEntries(map, entries, options) {
      for (const part of appendable(entries.map(mapEntry))) await bulkWrite(calls, map, part, options)
    },

    async replaceMap(map, entries, options) {
      const unique = [...new Map(entries.map((entry) => [entry.key, mapEntry(entry)])).values()]
      const whole = replacing(unique)
      if (whole) await bulkWrite(calls, map, whole, options)
      else await changeEntries(maps, map, unique, options)
    },
  }
  return maps
}

/** Adds before it changes, and changes before it deletes, so that nothing is missing on the way. */
async function changeEntries(maps: Maps, map: string, wanted: MapEntry[], options?: CallOptions): Promise<void> {
  const actual = new Map<string, Set<string>>()
  for (const { key, value } of await maps.mapEntries(map, options)) {
    actual.set(key, (actual.get(key) ?? new Set()).add(value))
  }
  const missing = wanted.filter(({ key }) => !actual.has(key))
  const different = wanted.filter(({ key, value }) => [...(actual.get(key) ?? [])].some((other) => other !== value))
  const wantedKeys = new Set(wanted.map(({ key }) => key))

  await maps.appendMapEntries(map, missing, options)
  for (const entry of different) await maps.setMapEntry(map, entry, options)
  for (const key of actual.keys()) if (!wantedKeys.has(key)) await maps.deleteMapEntry(map, key, options)
}

/** False: the key is there already. */
async function addEntry(calls: Calls, map: string, entry: MapEntry, options?: CallOptions): Promise<boolean> {
  const { status } = await calls.post(entriesPath(map), { ...options, json: mapEntry(entry), expect: [409] })
  return status !== 409
}

/** False: the key is not there. */
async function changeEntry(calls: Calls, map: string, entry: MapEntry, options?: CallOptions): Promise<boolean> {
  const { value } = mapEntry(entry)
  const { status, text } = await calls.put(entryPath(map, entry.key), { ...options, json: { value }, expect: [404] })
  if (status === 404) mustBeLoaded(map, text)
  return status !== 404
}

/** An empty list makes the API fall over. */
async function bulkWrite(calls: Calls, map: string, entries: MapEntry[], options?: CallOptions): Promise<void> {
  if (entries.length === 0) return
  await calls.putOnce(`/runtime/maps/${mapName(map)}`, { timeoutMs: BULK_TIMEOUT_MS, ...options, json: entries })
}

/** A stored file alone is no map yet: a configuration that names it must have been loaded. */
function mustBeLoaded(map: string, text: string): void {
  if (text.includes('Unknown map identifier')) {
    throw new DataPlaneError('missing', `HAProxy has not loaded ${mapName(map)}`, { status: 404 })
  }
}

function entriesPath(map: string): string {
  return `/runtime/maps/${mapName(map)}/entries`
}

function entryPath(map: string, key: string): string {
  return `${entriesPath(map)}/${encodeURIComponent(mapKey(key))}`
}
