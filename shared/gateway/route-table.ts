import type { Route, Target } from '../domain/route-record.ts'
import { backendName } from './backend/names.ts'
import { needsBackend } from './backend/needs.ts'
import { hostOf, type Place, placeOf, type RoutingMap } from './entries.ts'
import type { RouteChange } from './gateway.ts'

interface TableEntry {
  /** The store's key. */
  key: string
  route: Route
  version: number
}

/**
 * All that was accepted, in memory, fed by whoever commits and by the store's watch. Each change carries the store's
 * revision, so it does not matter who tells it first, nor how often.
 */
export interface RouteTable {
  /** Says where in the maps something may have changed. */
  put(changes: readonly RouteChange[]): Place[]
  at(place: Place): TableEntry | undefined
  /** By the store's key. */
  byKey(key: string): Route | undefined
  keys(): Iterable<string>
  routes(): Iterable<Route>
  /** Whether it has heard of the key at this version, or a later one. */
  knows(key: string, version: number): boolean
  /** Whether the host has routes for some paths only. */
  isSplit(host: string): boolean
  splitHosts(): Iterable<string>
  entries(map: RoutingMap): Iterable<[key: string, entry: TableEntry]>
  /** The routes that need a backend of their own, by its name. */
  readonly backends: ReadonlyMap<string, Route>
  /** The current generation of a route that needs a backend. */
  currentBackend(routeId: string): string | undefined
  /** Whether any route that is not suspended has this target. */
  leadsTo(target: Pick<Target, 'address' | 'port'>): boolean
  readonly size: number
  /** The highest revision that it has heard of. */
  readonly revision: number
}

/** Removals are remembered until nobody can tell of an older state any more. */
const REMEMBERED_REMOVALS = 20_000

export function createRouteTable(): RouteTable {
  const maps: Record<RoutingMap, Map<string, TableEntry>> = {
    'hosts.map': new Map(),
    'paths.map': new Map(),
    'sni.map': new Map(),
  }
  const removals = new Map<string, number>()
  const split = new Map<string, number>()
  const targets = new Map<string, number>()
  const backends = new Map<string, Route>()
  const current = new Map<string, string>()
  let revision = 0

  const forget = (place: Place, { route }: TableEntry) => {
    maps[place.map].delete(place.key)
    const name = backendName(route)
    backends.delete(name)
    if (current.get(route.id) === name) current.delete(route.id)
    if (place.map === 'paths.map') count(split, hostOf(place), -1)
    if (!route.suspended) for (const target of route.targets) count(targets, textOf(target), -1)
  }

  const keep = (place: Place, entry: TableEntry) => {
    const { route } = entry
    maps[place.map].set(place.key, entry)
    if (needsBackend(route)) {
      backends.set(backendName(route), route)
      current.set(route.id, backendName(route))
    }
    if (place.map === 'paths.map') count(split, hostOf(place), 1)
    if (!route.suspended) for (const target of route.targets) count(targets, textOf(target), 1)
  }

  const putOne = ({ key, route, version }: RouteChange): Place | null => {
    revision = Math.max(revision, version)
    const place = route ? placeOf(route) : placeOfKey(key)
    if (!place || (removals.get(key) ?? 0) > version) return null
    const known = maps[place.map].get(place.key)
    // What stands there may be another agent's, who got the name later.
    if (known && (known.version > version || (known.version === version && known.key === key))) return null
    if (route === null) remember(key, version)
    if (known && (route !== null || known.key === key)) forget(place, known)
    if (route) keep(place, { key, route, version })
    return place
  }

  const remember = (key: string, version: number) => {
    removals.delete(key)
    removals.set(key, version)
    if (removals.size <= REMEMBERED_REMOVALS) return
    const [oldest] = removals.keys()
    if (oldest !== undefined) removals.delete(oldest)
  }

  return {
    put(changes) {
      const places: Place[] = []
      for (const change of changes) {
        const place = putOne(change)
        if (place) places.push(place)
      }
      return places
    },
    at: ({ map, key }) => maps[map].get(key),
    byKey(key) {
      const place = placeOfKey(key)
      const entry = place && maps[place.map].get(place.key)
      return entry?.key === key ? entry.route : undefined
    },
    knows(key, version) {
      const place = placeOfKey(key)
      const entry = place && maps[place.map].get(place.key)
      return (entry?.key === key && entry.version >= version) || (removals.get(key) ?? 0) >= version
    },
    *keys() {
      for (const map of Object.values(maps)) for (const { key } of map.values()) yield key
    },
    *routes() {
      for (const map of Object.values(maps)) for (const { route } of map.values()) yield route
    },
    isSplit: (host) => split.has(host),
    splitHosts: () => split.keys(),
    entries: (map) => maps[map],
    backends,
    currentBackend: (routeId) => current.get(routeId),
    leadsTo: (target) => targets.has(textOf(target)),
    get size() {
      return maps['hosts.map'].size + maps['paths.map'].size + maps['sni.map'].size
    },
    get revision() {
      return revision
    },
  }
}

function count(counts: Map<string, number>, key: string, by: number): void {
  const now = (counts.get(key) ?? 0) + by
  if (now > 0) counts.set(key, now)
  else counts.delete(key)
}

const textOf = ({ address, port }: Pick<Target, 'address' | 'port'>) => `${address} ${port}`

/** `routes/{agentId}/{type}/{host}/{path}`: what is gone tells no more than its key. */
function placeOfKey(key: string): Place | null {
  const [, , type, host, ...path] = key.split('/')
  if (host === undefined) return null
  if (type === 'mongodb') return { map: 'sni.map', key: host }
  const prefix = path.join('/')
  return prefix === '' ? { map: 'hosts.map', key: host } : { map: 'paths.map', key: `${host}/${prefix}` }
}
