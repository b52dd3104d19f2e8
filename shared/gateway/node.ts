import { DataPlaneError } from '../dataplane/data-plane-error.ts'
import type { Route } from '../domain/route-record.ts'
import { createGathering } from '../lib/gathering.ts'
import { sleep } from '../lib/sleep.ts'
import { backendName } from './backend/names.ts'
import { isRestricted, needsBackend } from './backend/needs.ts'
import type { FixedPlace } from './desired-maps.ts'
import { entryValue, type Place, placeOf } from './entries.ts'
import { type FrontendTotals, frontendTotals } from './measures.ts'
import { createConnections } from './node-connections.ts'
import { createParts, type NodeOptions } from './node-parts.ts'
import { createPass } from './node-pass.ts'
import { createSettling } from './node-settling.ts'
import { type NodeTraffic, nodeTraffic } from './node-traffic.ts'
import { createRepairs } from './repairs.ts'
import type { NodeState, RouteStatus, Step } from './states.ts'

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
  /** Backends are made and removed soon; this does not wait for it. Sooner unless nobody else does, and all is served. */
  settle(isUrgent?: boolean): void
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

/** What waits for its turn together is written together. */
interface Batch {
  places: Place[]
  routes: Route[]
  written: Promise<Written>
}

export function createNode(options: NodeOptions): GatewayNode {
  const { name, configured, dataPlane, table, log, now } = options
  const parts = createParts(options)
  const { gate, condition, certificates, configuration, maps, servers } = parts
  const settling = createSettling(parts)
  const traffic = nodeTraffic(name, dataPlane, now)
  const repairs = createRepairs({ node: name, log, now })
  const pass = createPass(parts, settling, repairs)
  const connections = createConnections(parts)
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

  /** Those that come while others are brought go together. */
  const certify = createGathering<string>(async () => {
    if (condition.online) await pass.certify().catch((error) => failed(error, 'bring a certificate'))
    // The map's file follows.
    settling.settle(false)
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

    close: createGathering<Route>((routes) =>
      connections.end(routes).catch((error) => failed(error, 'close the connections of a route')),
    ),

    async refuse(serials) {
      try {
        await gate.run(() => maps.write(serials.map((key) => ({ map: 'void.map', key }))))
        await connections.endThoseBy(serials)
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
      await certificates.recall()
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
}

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
