import type { DataPlane } from '../dataplane/data-plane.ts'
import type { NativeStat } from '../dataplane/models.ts'
import type { Route } from '../domain/route-record.ts'
import { reloading } from '../lib/reloading.ts'
import { backendName } from './backend/names.ts'
import { type Counters, countersOf, NO_COUNTERS } from './counters.ts'

/** A server of a route's own backend, as one node sees it. */
export interface ServerTraffic {
  node: string
  name: string
  address: string | null
  /** HAProxy's word: UP, DOWN, MAINT, DRAIN, no check. */
  status: string
  /** What the last check came to, in HAProxy's words. */
  check: string | null
  /** Sessions that it has at the moment. */
  current: number
  sessions: number
  bytesIn: number
  bytesOut: number
  /** Connections to it that failed. */
  connectErrors: number
}

export interface NodeTraffic {
  /** Of each route, in their order. */
  routes: { counters: Counters; servers: ServerTraffic[] }[]
}

/** The stick table of haproxy.cfg that counts by the routes' ids. */
const TABLE = 'front_routes'
const COLUMNS = 'addr status check_status last_chk check_desc scur stot bin bout econ'.split(' ')
/** However many ask, HAProxy lists its table at most this often. */
const KEPT_MS = 1_000
/** Up to so many routes, or backends, are asked for one by one. */
const FEW = 8

/** What one HAProxy has counted. */
export function nodeTraffic(node: string, dataPlane: DataPlane, now: () => number) {
  const kept = { now, maxAgeMs: KEPT_MS, minAgeMs: KEPT_MS }
  const allCounters = reloading(async () => {
    const entries = await dataPlane.stickTable(TABLE)
    return new Map(entries.map((entry) => [entry.key, countersOf(entry)]))
  }, kept)
  const allServers = reloading(
    async () => serversByBackend(node, await dataPlane.stats({ type: 'server', columns: COLUMNS })),
    kept,
  )

  const countersOfFew = async (ids: readonly string[]) => {
    const found = await Promise.all(ids.map((key) => dataPlane.stickTable(TABLE, { key })))
    return new Map(found.flat().map((entry) => [entry.key, countersOf(entry)]))
  }
  const serversOfFew = async (backends: readonly string[]) => {
    const found = await Promise.all(
      backends.map((parent) => dataPlane.stats({ type: 'server', parent, columns: COLUMNS })),
    )
    return serversByBackend(node, found.flat())
  }

  return async (routes: readonly Route[], stands: (backend: string) => boolean): Promise<NodeTraffic> => {
    const ids = routes.map(({ id }) => id)
    const backends = routes.map(backendName).filter(stands)
    const counters = await (ids.length <= FEW ? countersOfFew(ids) : allCounters.get())
    const servers = await (backends.length <= FEW ? serversOfFew(backends) : allServers.get())
    return {
      routes: routes.map((route) => ({
        counters: counters.get(route.id) ?? NO_COUNTERS,
        servers: servers.get(backendName(route)) ?? [],
      })),
    }
  }
}

function serversByBackend(node: string, stats: readonly NativeStat[]): Map<string, ServerTraffic[]> {
  const servers = stats.filter(({ type }) => type === 'server')
  const byBackend = Map.groupBy(servers, ({ backend_name = '' }) => backend_name)
  return new Map([...byBackend].map(([backend, found]) => [backend, found.map((stat) => serverOf(node, stat))]))
}

function serverOf(node: string, { name, stats }: NativeStat): ServerTraffic {
  const text = (column: string) => (typeof stats[column] === 'string' ? String(stats[column]) : null)
  const count = (column: string) => Number(stats[column] ?? 0)
  const [checkStatus, lastCheck] = [text('check_status'), text('last_chk') ?? text('check_desc')]
  return {
    node,
    name,
    address: text('addr'),
    status: text('status') ?? 'unknown',
    check: checkStatus === null ? null : [checkStatus, lastCheck].filter(Boolean).join(': '),
    current: count('scur'),
    sessions: count('stot'),
    bytesIn: count('bin'),
    bytesOut: count('bout'),
    connectErrors: count('econ'),
  }
}
