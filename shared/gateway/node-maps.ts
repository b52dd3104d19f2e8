import type { DataPlane } from '../dataplane/data-plane.ts'
import type { MapEntry } from '../dataplane/models.ts'
import { allOfThem } from '../lib/all-of-them.ts'
import { createGate } from '../lib/gate.ts'
import { type DesiredMaps, keysOf, MAP_NAMES, type MapName, type MapPlace } from './desired-maps.ts'
import type { Place } from './entries.ts'
import { diffKeys, diffMaps, type MapDiff, printMap, sizeOf } from './map-diff.ts'

/** More changed or removed entries than this are cheaper as one replacement of the whole map. */
const MOST_SINGLE_WRITES = 500
/** A dead node must not keep the answer to a caller waiting for longer. */
const WRITE_LIMIT_MS = 2_000
/** The embedded data plane gathers what comes at a time. */
const AT_ONCE = 16
const BULK_LIMIT_MS = 30_000

/** The maps of one node: what the worker has, as far as is known, and what its files say. */
export interface NodeMaps {
  /** Brings the entries of these places to the worker. */
  write(places: Iterable<MapPlace>): Promise<void>
  /**
   * Compares the whole of the worker's maps with what is wanted, and mends it. Says which entries were not as they had
   * been left: a write that waits for its turn is no damage.
   */
  mend(): Promise<{ map: MapName; diff: MapDiff }[]>
  /** Writes the files, so that the next worker starts with what this one has. Says which were not as they had been left. */
  store(): Promise<MapName[]>
  /** The same where something has changed since. */
  storeChanged(): Promise<void>
  /** Whatever was known of the worker is not true any more. */
  forget(): void
  /** Whether a look at one entry of each map finds nothing wrong: an emptied or reloaded map shows so. */
  seemsRight(): Promise<boolean>
  readonly known: boolean
  readonly size: number
  holds(place: Place, value: string): boolean
}

export function nodeMaps(dataPlane: DataPlane, desired: DesiredMaps): NodeMaps {
  const running = new Map<MapName, Map<string, string>>()
  /** What the files say, as text: null where it is not known. */
  const stored = new Map<MapName, string | null>()
  const changed = new Set<MapName>()
  /** One writer of the files at a time: an older text must never come last. */
  const files = createGate()
  let known = false

  const runningOf = (map: MapName): Map<string, string> => {
    const content = running.get(map) ?? new Map<string, string>()
    running.set(map, content)
    return content
  }

  const perform = async (map: MapName, diff: MapDiff): Promise<void> => {
    if (sizeOf(diff) === 0) return
    const content = runningOf(map)
    try {
      if (diff.change.length + diff.remove.length > MOST_SINGLE_WRITES) {
        await replaceAll(map, content, diff)
      } else {
        await writeEntries(map, content, diff)
      }
    } catch (error) {
      known = false
      throw error
    } finally {
      // Only now: a file that was written meanwhile does not have it.
      changed.add(map)
    }
  }

  const replaceAll = async (map: MapName, content: Map<string, string>, diff: MapDiff): Promise<void> => {
    for (const { key, value } of [...diff.add, ...diff.change]) content.set(key, value)
    for (const key of diff.remove) content.delete(key)
    await dataPlane.replaceMap(map, toEntries(content), { timeoutMs: BULK_LIMIT_MS })
  }

  const writeEntries = async (map: MapName, content: Map<string, string>, diff: MapDiff): Promise<void> => {
    const options = { timeoutMs: WRITE_LIMIT_MS }
    for (const key of diff.remove) {
      await dataPlane.deleteMapEntry(map, key, options)
      content.delete(key)
    }
    await allOfThem(diff.change, AT_ONCE, async (entry) => {
      await dataPlane.setMapEntry(map, entry, { ...options, isNew: false })
      content.set(entry.key, entry.value)
    })
    const [only] = diff.add
    if (diff.add.length === 1 && only) await dataPlane.setMapEntry(map, only, { ...options, isNew: true })
    else if (diff.add.length > 1) await dataPlane.appendMapEntries(map, diff.add, { timeoutMs: BULK_LIMIT_MS })
    for (const { key, value } of diff.add) content.set(key, value)
  }

  const storeOne = async (map: MapName, text: string): Promise<void> => {
    stored.set(map, null)
    await dataPlane.storeMap(map, text, { timeoutMs: BULK_LIMIT_MS })
    stored.set(map, text)
  }

  const storeAll = async (): Promise<MapName[]> => {
    const foreign: MapName[] = []
    for (const map of MAP_NAMES) {
      const left = stored.get(map)
      const there = await dataPlane.storedMap(map, { timeoutMs: BULK_LIMIT_MS })
      if (typeof left === 'string' && there !== left) foreign.push(map)
      const text = printMap(desired.content(map))
      if (there !== text) await storeOne(map, text)
      else stored.set(map, text)
      changed.delete(map)
    }
    return foreign
  }

  const storeThoseThatChanged = async (): Promise<void> => {
    for (const map of MAP_NAMES) {
      if (!changed.has(map) && typeof stored.get(map) === 'string') continue
      changed.delete(map)
      await storeOne(map, printMap(known ? runningOf(map) : desired.content(map)))
    }
  }

  return {
    async write(places) {
      const keys = new Map<MapName, Set<string>>()
      for (const place of places) {
        for (const [map, key] of keysOf(place)) keys.set(map, (keys.get(map) ?? new Set()).add(key))
      }
      const diffs = [...keys].map(([map, wanted]) => {
        const diff = diffKeys(wanted, (key) => desired.value(map, key), runningOf(map))
        return { map, diff }
      })
      for (const { map, diff } of inOrder(diffs)) await perform(map, { ...diff, remove: [] })
      for (const { map, diff } of inOrder(diffs).reverse()) {
        await perform(map, { add: [], change: [], remove: diff.remove })
      }
    },

    async mend() {
      const found: { map: MapName; diff: MapDiff }[] = []
      for (const map of MAP_NAMES) {
        const entries = await dataPlane.mapEntries(map, { timeoutMs: BULK_LIMIT_MS })
        const actual = new Map<string, string>()
        const duplicates: MapEntry[] = []
        for (const entry of entries) {
          if (actual.has(entry.key)) duplicates.push(entry)
          else actual.set(entry.key, entry.value)
        }
        const left = known ? runningOf(map) : desired.content(map)
        const damage = diffMaps(left, actual)
        damage.remove.push(...duplicates.map(({ key }) => key))
        if (sizeOf(damage) > 0) found.push({ map, diff: damage })
        running.set(map, actual)
        const diff = diffMaps(desired.content(map), actual)
        await perform(map, diff)
        // Of two entries with one key the first wins, and a later change would reach only one of them.
        if (duplicates.length > 0) await dataPlane.replaceMap(map, toEntries(actual), { timeoutMs: BULK_LIMIT_MS })
      }
      known = true
      return found
    },

    store: () => files.run(storeAll),
    storeChanged: () => files.run(storeThoseThatChanged),

    forget() {
      known = false
    },

    async seemsRight() {
      for (const [map, content] of running) {
        const [first] = content
        if (first && (await dataPlane.mapEntry(map, first[0], { timeoutMs: WRITE_LIMIT_MS })) !== first[1]) return false
      }
      return known
    },

    get known() {
      return known
    },

    get size() {
      let size = 0
      for (const content of running.values()) size += content.size
      return size
    },

    holds: ({ map, key }, value) => known && running.get(map)?.get(key) === value,
  }
}

const inOrder = <T extends { map: MapName }>(diffs: T[]): T[] =>
  diffs.sort((one, other) => MAP_NAMES.indexOf(one.map) - MAP_NAMES.indexOf(other.map))

const toEntries = (content: ReadonlyMap<string, string>) => [...content].map(([key, value]) => ({ key, value }))
