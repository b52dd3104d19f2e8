import type { BackendRecord } from '../backends/backend-record.ts'
import type { Route } from '../domain/route-record.ts'
import type { BackendTable } from './backend-table.ts'
import type { GatewayNode } from './node.ts'
import type { BackendState, RouteStatus } from './states.ts'
import { trafficOf } from './traffic.ts'
import { worst } from './worst.ts'

export interface BackendStates {
  /** Without what its servers are seen to do: nobody has to be asked for it. */
  conditionOf(record: BackendRecord): Omit<BackendState, 'servers'>
  /** Of those that the store has under these keys. */
  of(keys: readonly string[]): Promise<BackendState[]>
}

export interface BackendStatesOptions {
  table: BackendTable
  nodes: () => readonly GatewayNode[]
  statusOf(route: Route): { status: RouteStatus; reason: string | null }
}

export const NOTHING_LEADS = 'nothing leads to it'
const NOWHERE = { status: 'pending' as const, reason: null }
const NOT_WANTED = { ...NOWHERE, reason: `${NOTHING_LEADS}: it has no hosts, no pathPrefixes and is not the default` }

/** What has become of backends on their way to HAProxy. */
export function createBackendStates({ table, nodes, statusOf }: BackendStatesOptions): BackendStates {
  const conditionOf: BackendStates['conditionOf'] = (record) => {
    const conflicts = table.conflictsOf(record)
    const routes = table.routesOf(record)
    if (routes.length > 0) return { ...worst(routes.map(statusOf)), conflicts }
    return { ...(conflicts.length > 0 ? NOWHERE : NOT_WANTED), conflicts }
  }
  return {
    conditionOf,
    async of(keys) {
      const records = keys.map((key) => table.find(key))
      const asked = records.flatMap((record) => (record && table.routesOf(record)[0]) ?? [])
      const { routes } = await trafficOf(nodes(), asked)
      const servers = new Map(asked.map(({ id }, i) => [id, routes[i]?.servers ?? []]))
      return records.map((record) => {
        if (!record) return { ...NOWHERE, conflicts: [], servers: [] }
        const [route] = table.routesOf(record)
        return { ...conditionOf(record), servers: (route && servers.get(route.id)) ?? [] }
      })
    },
  }
}
