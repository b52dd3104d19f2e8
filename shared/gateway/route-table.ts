import type { Route, Target } from '../domain/route-record.ts'
import { backendName } from './backend/names.ts'
import { needsBackend } from './backend/needs.ts'
import { backendNameOf, isBackendRoute } from './backend-routes.ts'
import { type BackendTable, createBackendTable, type Move } from './backend-table.ts'
import { hostOf, type Place, placeOf, type RoutingMap } from './entries.ts'
import { furtherRoutes, isFurther } from './further-places.ts'
import type { RouteChange, StoredBackend } from './gateway.ts'
import { createRemovals } from './removals.ts'

interface TableEntry {
  /** The store's key; of a backend's route none, for it has its place by what others have. */
  key: string | null
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
  /** The same for backends, with what moved by it: also what others have instead. */
  putBackends(changes: readonly StoredBackend[]): { places: Place[]; moves: Move[] }
  at(place: Place): TableEntry | undefined
  /** An agent's, by the store's key. */
  byKey(key: string): Route | undefined
  /** Of agents' routes. */
  keys(): Iterable<string>
  routes(): Iterable<Route>
  /** Whether it has heard of the key at this version, or a later one. */
  knows(key: string, version: number): boolean
  /** Wherever the backend of this route is served: also at custom domains, and at all places of a provider's. */
  placesOf(route: Route): Place[]
  /** Whether the host has routes for some paths only. */
  isSplit(host: string): boolean
  splitHosts(): Iterable<string>
  entries(map: RoutingMap): Iterable<[key: string, entry: TableEntry]>
  /** The routes that need a backend of their own, by its name. Of a provider's backend one stands for all its places. */
  readonly backends: ReadonlyMap<string, Route>
  /** What providers have told of. */
  readonly provided: BackendTable
  /** The current generation of a route that needs a backend. */
  currentBackend(routeId: string): string | undefined
  /** Whether any route that is not suspended has this target. */
  leadsTo(target: Pick<Target, 'address' | 'port'>): boolean
  readonly size: number
  /** The highest revision that it has heard of. */
  readonly revision: number
}

export function createRouteTable(): RouteTable {
  const maps: Record<RoutingMap, Map<string, TableEntry>> = {
    'hosts.map': new Map(),
    'paths.map': new Map(),
    'sni.map': new Map(),
  }
  const removals = createRemovals()
  const split = new Map<string, number>()
  const targets = new Map<string, number>()
  const backends = new Map<string, Route>()
  const current = new Map<string, string>()
  /** How many places of providers' backends share one of HAProxy's. */
  const shared = new Map<string, number>()
  /** How many routes of agents a host has. */
  const agentHosts = new Map<string, number>()
  const provided = createBackendTable((host) => agentHosts.has(host))
  let revision = 0

  const enterBackend = (route: Route) => {
    const name = backendName(route)
    backends.set(name, route)
    current.set(route.id, name)
    if (isBackendRoute(route)) count(shared, name, 1)
  }

  const leaveBackend = (route: Route) => {
    const name = backendName(route)
    if (isBackendRoute(route)) {
      count(shared, name, -1)
      if (shared.has(name)) return
    }
    backends.delete(name)
    if (current.get(route.id) === name) current.delete(route.id)
  }

  const forget = (place: Place, { route }: TableEntry) => {
    maps[place.map].delete(place.key)
    if (needsBackend(route) && !isFurther(route)) leaveBackend(route)
    if (isForPaths(route)) count(split, hostOf(place), -1)
    if (isAgentsApp(route)) count(agentHosts, route.host, -1)
    if (isCounted(route)) for (const target of route.targets) count(targets, textOf(target), -1)
  }

  const keep = (place: Place, entry: TableEntry) => {
    const { route } = entry
    maps[place.map].set(place.key, entry)
    if (needsBackend(route) && !isFurther(route)) enterBackend(route)
    if (isForPaths(route)) count(split, hostOf(place), 1)
    if (isAgentsApp(route)) count(agentHosts, route.host, 1)
    if (isCounted(route)) for (const target of route.targets) count(targets, textOf(target), 1)
  }

  const putOne = ({ key, route, version }: RouteChange): Place[] => {
    revision = Math.max(revision, version)
    const place = route ? placeOf(route) : placeOfKey(key)
    if (!place || removals.versionOf(key) > version) return []
    const there = maps[place.map].get(place.key)
    if (there?.key === null && route) forget(place, there)
    const known = there?.key === null ? undefined : there
    // What stands there may be another agent's, who got the name later.
    if (known && (known.version > version || (known.version === version && known.key === key))) return []
    if (route === null) removals.add(key, version)
    if (known && (route !== null || known.key === key)) forget(place, known)
    if (route) keep(place, { key, route, version })
    const before = known?.key === key ? known.route : null
    return [place, ...putFurther(before, { key, route, version })]
  }

  /** At the route's custom domains. There too somebody else's may stand, who got the domain later. */
  const putFurther = (before: Route | null, { key, route, version }: RouteChange): Place[] => {
    const [had, has] = [before ? furtherRoutes(before) : [], route ? furtherRoutes(route) : []]
    for (const place of had.map(placeOf)) {
      const there = maps[place.map].get(place.key)
      if (there?.key === key) forget(place, there)
    }
    for (const further of has) {
      const place = placeOf(further)
      const there = maps[place.map].get(place.key)
      if (there && there.key !== null && there.version > version) continue
      if (there) forget(place, there)
      keep(place, { key, route: further, version })
    }
    return [...had, ...has].map(placeOf)
  }

  /** Brings backends to where they are to be served now. */
  const moveBackends = (): { places: Place[]; moves: Move[] } => {
    const moves = provided.move()
    for (const { at, after } of moves) {
      const place = placeOf(at)
      const there = maps[place.map].get(place.key)
      if (there && there.key !== null) continue
      if (there) forget(place, there)
      if (after) keep(place, { key: null, route: after, version: revision })
    }
    return { places: moves.map(({ at }) => placeOf(at)), moves }
  }

  return {
    put(changes) {
      const places: Place[] = []
      for (const change of changes) places.push(...putOne(change))
      const isWanted = places.some((place) => place.map !== 'sni.map' && provided.wants(hostOf(place)))
      return isWanted ? [...places, ...moveBackends().places] : places
    },
    putBackends(changes) {
      for (const { version } of changes) revision = Math.max(revision, version)
      provided.put(changes)
      return moveBackends()
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
      return (entry?.key === key && entry.version >= version) || removals.versionOf(key) >= version
    },
    *keys() {
      for (const map of Object.values(maps)) for (const { key, route } of map.values()) if (isOwn(key, route)) yield key
    },
    *routes() {
      for (const map of Object.values(maps))
        for (const { key, route } of map.values()) if (isOwn(key, route)) yield route
    },
    placesOf(route) {
      const name = backendNameOf(route.id)
      const others = name === null ? furtherRoutes(route) : provided.routesNamed(name)
      return [route, ...others].map(placeOf)
    },
    isSplit: (host) => split.has(host),
    splitHosts: () => split.keys(),
    entries: (map) => maps[map],
    backends,
    provided,
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

/** Some paths of its host go elsewhere, so that those must be spelled in one way. */
const isForPaths = (route: Route): boolean => route.type === 'http' && route.pathPrefix !== null

/** An agent's route, once. */
const isOwn = (key: string | null, route: Route): key is string => key !== null && !isFurther(route)

/** Whether its targets are kept because of it: at a custom domain it is the same route. */
const isCounted = (route: Route): boolean => !route.suspended && !isFurther(route)

const isAgentsApp = (route: Route): boolean => route.type === 'http' && !isBackendRoute(route)

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
