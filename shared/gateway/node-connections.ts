import { isFault } from '../dataplane/data-plane-error.ts'
import type { Route } from '../domain/route-record.ts'
import { backendName } from './backend/names.ts'
import { isBackendRoute } from './backend-routes.ts'
import { hostOf, placeOf } from './entries.ts'
import { isFurther } from './further-places.ts'
import type { NodeParts } from './node-parts.ts'
import type { RouteTable } from './route-table.ts'

/** The live connections through a node: WebSockets, requests that still run, connections to databases. */
export interface NodeConnections {
  /** Ends those of routes that are gone. */
  end(routes: Route[]): Promise<void>
  /** Ends those that came with these certificates. */
  endThoseBy(serials: readonly string[]): Promise<void>
}

/** The stick table of `haproxy.cfg` that says which host a connection came for. */
const TUNNELS = 'front_tunnels'
/** The one that says by which certificate. */
const CLIENTS = 'front_clients'

export function createConnections({ options, gate, configuration }: NodeParts): NodeConnections {
  const { dataPlane, table } = options

  /** A server that goes down ends its connections; it is wanted again at once, if only by a route that was suspended. */
  const closeServers = async (route: Route): Promise<void> => {
    const backend = backendName(route)
    if (!configuration.stands(backend) || isServedAgain(route, table)) return
    for (const server of await dataPlane.runtimeServers(backend)) {
      await dataPlane.setRuntimeServer(backend, server.name, { admin_state: 'maint' })
      await dataPlane.setRuntimeServer(backend, server.name, { admin_state: 'ready' })
    }
  }

  return {
    async end(routes) {
      // A target that other routes lead to as well has their connections too: there only the host's own are ended.
      const targets = routes.flatMap((route) => {
        const host = hostOf(placeOf(route))
        return route.targets.map(({ address, port }) => {
          return { address, port, ...(table.leadsTo({ address, port }) && { host }) }
        })
      })
      if (targets.length > 0) await dataPlane.closeConnections(targets, { table: TUNNELS })
      for (const route of routes) await gate.run(() => closeServers(route)).catch(unlessMissing)
    },
    async endThoseBy(serials) {
      const targets = clientsOf(serials, table)
      if (targets.length > 0) await dataPlane.closeConnections(targets, { table: CLIENTS })
    },
  }
}

/** Somebody let it in again meanwhile, or other places lead there: its servers must not go down under new requests. */
function isServedAgain(route: Route, table: RouteTable): boolean {
  // The route itself goes on, or is ended by itself.
  if (isFurther(route)) return true
  if (isBackendRoute(route)) return table.backends.has(backendName(route))
  const now = table.at(placeOf(route))?.route
  return now?.id === route.id && !now.suspended
}

/** It went while it waited for its turn: that ended its connections too. */
function unlessMissing(error: unknown): void {
  if (!isFault(error, 'missing')) throw error
}

/** Where connections of these certificates may have gone. */
function clientsOf(serials: readonly string[], table: RouteTable) {
  const databases = [...table.entries('sni.map')].flatMap(([, { route }]) => (isForClients(route) ? [route] : []))
  const targets = databases.flatMap((route) => route.targets)
  return targets.flatMap(({ address, port }) => serials.map((host) => ({ address, port, host })))
}

const isForClients = (route: Route) => route.type === 'mongodb' && route.clients !== undefined
