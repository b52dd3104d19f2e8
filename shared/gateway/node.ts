import { DataPlaneError } from '../dataplane/data-plane-error.ts'
import type { Route } from '../domain/route-record.ts'
import { createGathering } from '../lib/gathering.ts'
import { sleep } from '../lib/sleep.ts'
import { backendName } from './backend/names.ts'
import { isRestricted, needsBackend } from './backend/needs.ts'
import { isBackendRoute } from './backend-routes.ts'
import type { FixedPlace } from './desired-maps.ts'
import { entryValue, type Place, placeOf } from './entries.ts'
import { isFurther } from './further-places.ts'
import type { NodeState, RouteStatus, Step } from './gateway.ts'
import { type FrontendTotals, frontendTotals } from './measures.ts'
import { createParts, type NodeOptions } from './node-parts.ts'
import { createPass } from './node-pass.ts'
import { createSettling } from './node-settling.ts'
import { type NodeTraffic, nodeTraffic } from './node-traffic.ts'
import { createRepairs } from './repairs.ts'
import type { RouteTable } from './route-table.ts'

export interface Written {
  /** Whether servers came, went or changed while HAProxy runs. */
  servers: boolean
}

/** One HAProxy, brought to what was accepted and kept there. */
export interface GatewayNode {
  readonly name: string
  /** Brings these places' entries, and the servers of standing backends, to the worker; null when it cannot be reached. */
  write(places: Place[], routes: Route[]): Promise<Written | null>
  /** Ends the live connections of routes that are gone. */
  close(routes: Route[]): Promise<void>
  /** What these certificates, by their serials, may do: they were revoked, or their revocation is forgotten. */
  refuse(serials: readonly string[]): Promise<void>
  /** Brings these entries of maps that routes have no part in. Fails when it cannot be told. */
  tell(places: FixedPlace[]): Promise<void>
  /** Brings certificates that came, changed or are gone; what fails is done by the next pass. */
  certify(names: string[]): Promise<void>
  /** Backends are made and removed soon; this does not wait for it. */
  settle(): void
  /** Writes the maps' files, for an HAProxy that is about to start. */
  storeMaps(): Promise<void>
  /** Resolves after each settling and each pass. */
  progress(signal: AbortSignal): Promise<void>
  /** Compares everything with what the node has, and mends it. */
  pass(): Promise<void>
  status(route: Route): { status: RouteStatus; reason: string | null } | null
  /** What it has counted of each; null where it cannot be asked. */
  traffic(routes: readonly Route[]): Promise<NodeTraffic | null>
  /** What passed through it since its last reload; nothing where it cannot be asked. */
  totals(): Promise<FrontendTotals[]>
  /** Why the route's backend waits for a reload, though it stands. */
  waitsFor(route: Route): string | null
  /** Why its backend was in a reload, the last one that wrote it. */
  whyReloaded(route: Route): string | null
  /** So many were made for it. */
  readonly reloads: number
  readonly lastSteps: Step[]
  readonly state: NodeState
  readonly online: boolean
  stop(): Promise<void>
}

/** A write that waits longer is answered as pending: it reaches the node by itself later. */
const WRITE_PATIENCE_MS = 5_000

/** The stick table of `haproxy.cfg` that says which host a connection came for. */
const TUNNELS = 'front_tunnels'
/** The one that says by which certificate. */
const CLIENTS = 'front_clients'

/** What waits for its turn together is written together. */
interface Batch {
  places: Place[]
  routes: Route[]
  written: Promise<Written>
}

export function createNode(options: NodeOptions): GatewayNode {
  const { name, configured, dataPlane, table, log, now } = options
  const parts = createParts(options)
  const { gate, condition, configuration, maps, servers } = parts
  const settling = createSettling(parts)
  const traffic = nodeTraffic(name, dataPlane, now)
  const repairs = createRepairs({ node: name, log, now })
  const pass = createPass(parts, settling, repairs)
  let [appliedRevision, behindSinceMs] = [0, now()]
  let passes = 0
  let passing: Promise<void> | null = null
  let batch: Batch | null = null

  const failed = (error: unknown, doing: string) => {
    pass.compareAll()
    condition.failed(error, doing)
  }

  const join = (places: Place[], routes: Route[]): Promise<Written> => {
    if (batch) {
      batch.places = batch.places.concat(places)
      batch.routes = batch.routes.concat(routes)
      return batch.written
    }
    const made: Batch = { places, routes, written: Promise.resolve({ servers: false }) }
    made.written = gate.run(async () => {
      batch = null
      await maps.write(made.places)
      return { servers: (await configuration.updateServers(made.routes)) > 0 }
    })
    batch = made
    return made.written
  }

  /** Looking through all connections takes long: who comes meanwhile is served together. */
  const close = createGathering<Route>(async (routes) => {
    // A target that other routes lead to as well has their connections too: there only the host's own are ended.
    const targets = routes.flatMap(({ host, targets }) =>
      targets.map(({ address, port }) => ({ address, port, ...(table.leadsTo({ address, port }) && { host }) })),
    )
    try {
      if (targets.length > 0) await dataPlane.closeConnections(targets, { table: TUNNELS })
      for (const route of routes) await gate.run(() => closeServers(route)).catch(unlessMissing)
    } catch (error) {
      failed(error, 'close the connections of a route')
    }
  })

  /** Those that come while others are brought go together. */
  const certify = createGathering<string>(async () => {
    if (condition.online) await pass.certify().catch((error) => failed(error, 'bring a certificate'))
  })

  return {
    name,
    async write(places, routes) {
      if (!condition.online) return null
      const revision = table.revision
      const written = join(places, routes)
      try {
        const done = await within(WRITE_PATIENCE_MS, written)
        appliedRevision = Math.max(appliedRevision, revision)
        behindSinceMs = now()
        return done
      } catch (error) {
        written.catch(() => undefined)
        failed(error, 'write a route')
        return null
      }
    },

    close,

    async refuse(serials) {
      try {
        await gate.run(() => maps.write(serials.map((key) => ({ map: 'void.map', key }))))
        const targets = clientsOf(serials, table)
        if (targets.length > 0) await dataPlane.closeConnections(targets, { table: CLIENTS })
      } catch (error) {
        failed(error, 'refuse a revoked certificate')
      }
    },

    async tell(places) {
      try {
        await gate.run(() => maps.write(places))
      } catch (error) {
        failed(error, 'write an answer for an ACME server')
        throw error
      }
    },

    certify,

    settle: settling.settle,

    async storeMaps() {
      await maps.store()
    },

    progress: condition.progress,

    pass() {
      passing ??= pass
        .run()
        .then((revision) => {
          passes += 1
          if (revision !== null) appliedRevision = Math.max(appliedRevision, revision)
        })
        .catch((error) => failed(error, 'compare'))
        .finally(() => {
          passing = null
          settling.settle()
          condition.ring()
        })
      return passing
    },

    status(route) {
      if (!condition.online) return null
      const backend = backendName(route)
      const reason = configuration.refusalOf(backend) ?? null
      if (reason !== null) return { status: 'failed', reason }
      if (!maps.holds(placeOf(route), entryValue(route, configuration.backendsOf))) return { status: 'pending', reason }
      if (!needsBackend(route)) return { status: 'live', reason }
      if (configuration.stands(backend) && !configuration.isOnItsWay(backend))
        return { status: servers.isDegraded(backend) ? 'degraded' : 'settled', reason }
      return { status: isRestricted(route) ? 'pending' : 'live', reason }
    },

    async traffic(routes) {
      if (!condition.online) return null
      try {
        return await traffic(routes, configuration.stands)
      } catch (error) {
        log.warn(`Could not ask ${name} for its counters`, { node: name, error })
        return null
      }
    },

    async totals() {
      if (!condition.online) return []
      return frontendTotals(await dataPlane.stats({ type: 'frontend' }).catch(() => []))
    },

    waitsFor: (route) => configuration.waitsFor(backendName(route)),
    whyReloaded: (route) => configuration.whyReloaded(backendName(route)),

    get reloads() {
      return settling.pace.reloads
    },
    get lastSteps() {
      return settling.lastSteps
    },
    get online() {
      return condition.online
    },
    get state() {
      const { online, worker, dataPlaneVersion, lastError } = condition
      const { reloads, lastReloadAtMs } = settling.pace
      return {
        name,
        configured,
        url: dataPlane.url,
        reachable: online,
        haproxyVersion: worker?.version ?? null,
        dataPlaneVersion,
        appliedRevision,
        lagMs: appliedRevision >= table.revision ? 0 : now() - behindSinceMs,
        reloads,
        lastReloadAt: lastReloadAtMs === null ? null : new Date(lastReloadAtMs).toISOString(),
        lastError,
        passes,
        repairs: repairs.count,
        lastRepair: repairs.last,
      }
    },

    async stop() {
      await Promise.all([settling.stop(), passing])
    },
  }

  /** A server that goes down ends its connections; it is wanted again at once, if only by a route that was suspended. */
  async function closeServers(route: Route): Promise<void> {
    const backend = backendName(route)
    if (!configuration.stands(backend) || isServedAgain(route, table)) return
    for (const server of await dataPlane.runtimeServers(backend)) {
      await dataPlane.setRuntimeServer(backend, server.name, { admin_state: 'maint' })
      await dataPlane.setRuntimeServer(backend, server.name, { admin_state: 'ready' })
    }
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
  if (!(error instanceof DataPlaneError && error.fault === 'missing')) throw error
}

/** Where connections of these certificates may have gone. */
function clientsOf(serials: readonly string[], table: RouteTable) {
  const databases = [...table.entries('sni.map')].flatMap(([, { route }]) => (isForClients(route) ? [route] : []))
  const targets = databases.flatMap((route) => route.targets)
  return targets.flatMap(({ address, port }) => serials.map((host) => ({ address, port, host })))
}

const isForClients = (route: Route) => route.type === 'mongodb' && route.clients !== undefined

/** What takes longer goes on, but nobody waits for it. */
async function within<T>(ms: number, work: Promise<T>): Promise<T> {
  const over = new AbortController()
  const late = sleep(ms, over.signal).then(() => {
    throw new DataPlaneError('unreachable', `no answer within ${ms} ms`)
  })
  try {
    return await Promise.race([work, late])
  } finally {
    late.catch(() => undefined)
    over.abort()
  }
}
