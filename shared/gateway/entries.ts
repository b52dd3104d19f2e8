import { ANY_HOST } from '../backends/places.ts'
import type { HttpRoute, MongodbRoute, Route, Target } from '../domain/route-record.ts'
import { tlsNameOf } from '../domain/transport.ts'
import { backendName, generationOf } from './backend/names.ts'
import { isRestricted, needsBackend } from './backend/needs.ts'
import { type HttpsWord, httpLane, printLane, printMaintenance } from './lane-value.ts'

export type RoutingMap = 'hosts.map' | 'paths.map' | 'sni.map'

/** Where in the routing maps a route stands. Two routes never stand at the same place. */
export interface Place {
  map: RoutingMap
  key: string
}

/** Any host in the maps. It is none that a client may name, and stands in no map where hosts are looked up as they came. */
const ANY_KEY = '_'

export function placeOf(
  route: Pick<HttpRoute, 'type' | 'host' | 'pathPrefix'> | Pick<MongodbRoute, 'type' | 'host'>,
): Place {
  if (route.type === 'mongodb') return { map: 'sni.map', key: route.host }
  if (route.host === ANY_HOST) return { map: 'paths.map', key: `${ANY_KEY}${route.pathPrefix ?? '/'}` }
  if (route.pathPrefix === null) return { map: 'hosts.map', key: route.host }
  return { map: 'paths.map', key: `${route.host}${route.pathPrefix}` }
}

/** Host names have no slash, so the first one begins the path. */
export const hostOf = ({ map, key }: Place): string => (map === 'paths.map' ? key.slice(0, key.indexOf('/')) : key)

/**
 * What the map says of the route on a node. It names the route's own backend, and until that stands the newest one that
 * may stand in for it. Where there is none, the lane serves what needs no restriction.
 */
export function entryValue(route: Route, standing: (route: Route) => readonly string[]): string {
  const { id, maxConcurrent } = route
  const https = httpsWord(route)
  const counted = { route: id, ...(maxConcurrent !== undefined && { cap: maxConcurrent }), ...(https && { https }) }
  if (route.suspended) return printLane({ lane: 'off', ...counted })
  if (route.type === 'http' && route.maintenance) return printMaintenance(route.maintenance, counted)
  const backend = needsBackend(route) ? shownBackend(route, standing(route)) : ''
  if (isRestricted(route)) return printLane({ lane: closedLane(route), backend, ...counted })
  const ready = route.targets.filter(isReady)
  const target = ready.find(({ backup }) => !backup) ?? ready[0]
  if (!target) return printLane({ lane: 'none', backend, ...counted })
  const { address, port, tls } = target
  const tlsName = tls ? tlsNameOf(route, target) : null
  const lane = route.type === 'http' ? httpLane({ ...route, ...target }, { tls, tlsName }) : databaseLane(route)
  return printLane({ lane, address, port, tlsName: tlsName ?? '', backend, ...counted })
}

function httpsWord(route: Route): HttpsWord | null {
  if (route.type !== 'http') return null
  const { redirectToHttps, hsts = redirectToHttps !== false } = route
  const redirect = redirectToHttps === undefined ? '' : redirectToHttps ? 'always' : 'never'
  const seconds = hsts === false ? 'off' : hsts === true ? '' : hsts
  return redirect === '' && seconds === '' ? null : { redirect, hsts: seconds }
}

const isReady = ({ state = 'ready' }: Target) => state === 'ready'

const databaseLane = ({ useTls }: MongodbRoute) => (useTls ? 'pass' : 'term')

/** Nothing but its backend. Without an address `term` is that too: HAProxy ends TLS, and then has nowhere else to go. */
const closedLane = (route: Route) => (route.type === 'mongodb' && !route.useTls ? 'term' : 'none')

function shownBackend(route: Route, standing: readonly string[]): string {
  const own = backendName(route)
  if (standing.length === 0 || standing.includes(own)) return own
  const older = standing.filter((name) => generationOf(name) < route.generation)
  return older.reduce((newest, name) => (generationOf(name) > generationOf(newest) ? name : newest), older[0] ?? own)
}
