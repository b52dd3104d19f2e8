import type { NativeStat } from '../dataplane/models.ts'
import type { Route } from '../domain/route-record.ts'
import { sleep } from '../lib/sleep.ts'
import type { NodeState, RouteStatus } from './states.ts'

/** What the gateway can be measured by. */
export interface Measures {
  routes: RouteCount[]
  backends: BackendCount[]
  nodes: (NodeState & { frontends: FrontendTotals[] })[]
}

interface RouteCount {
  type: Route['type']
  status: RouteStatus
  count: number
}

interface BackendCount {
  status: RouteStatus
  count: number
}

/** What passed through one of HAProxy's frontends since its last reload. */
export interface FrontendTotals {
  kind: 'http' | 'mongodb'
  current: number
  sessions: number
  bytesIn: number
  bytesOut: number
  /** Answers by their class: `2xx`. */
  answers: Record<string, number>
}

/** Those of haproxy.cfg that clients come to. */
const KINDS: Record<string, FrontendTotals['kind']> = { front_http: 'http', front_mongo: 'mongodb' }
const CLASSES = ['1xx', '2xx', '3xx', '4xx', '5xx']

export const frontendTotals = (stats: readonly NativeStat[]): FrontendTotals[] =>
  stats.flatMap(({ type, name, stats: columns }) => {
    const kind = KINDS[name]
    if (type !== 'frontend' || !kind) return []
    const count = (column: string) => Number(columns[column] ?? 0)
    const answers = kind === 'http' ? CLASSES.map((each) => [each, count(`hrsp_${each}`)] as const) : []
    return [
      {
        kind,
        current: count('scur'),
        sessions: count('stot'),
        bytesIn: count('bin'),
        bytesOut: count('bout'),
        answers: Object.fromEntries(answers),
      },
    ]
  })

/** So many at once: nobody else waits for longer than a few milliseconds. */
const AT_ONCE = 1_000

export async function countRoutes(
  routes: Iterable<Route>,
  statusOf: (route: Route) => RouteStatus,
): Promise<RouteCount[]> {
  const counts = new Map<string, RouteCount>()
  let looked = 0
  for (const route of routes) {
    if (++looked % AT_ONCE === 0) await sleep(0)
    const { type } = route
    const status = statusOf(route)
    const counted = counts.get(`${type} ${status}`) ?? { type, status, count: 0 }
    counted.count += 1
    counts.set(`${type} ${status}`, counted)
  }
  return [...counts.values()]
}

export const countBackends = (statuses: readonly RouteStatus[]): BackendCount[] =>
  [...Map.groupBy(statuses, (status) => status)].map(([status, same]) => ({ status, count: same.length }))
