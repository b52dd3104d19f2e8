import type { VoidCertificates } from '../certificates/void-certificates.ts'
import type { Route } from '../domain/route-record.ts'
import type { Kv } from '../kv/kv.ts'
import type { Log } from '../log/log.ts'
import { isRestricted, needsBackend } from './backend/needs.ts'
import type { AppliedHow, Gateway, Outcome, RouteChange, RouteStatus } from './gateway.ts'
import { countRoutes } from './measures.ts'
import type { GatewayNode, Written } from './node.ts'
import { followNodes } from './node-follower.ts'
import { createNodeSet, type FurtherNode } from './node-set.ts'
import type { RouteTable } from './route-table.ts'
import { startStopwatch } from './stopwatch.ts'
import { followStore } from './store-follower.ts'
import { trafficOf } from './traffic.ts'
import { worst } from './worst.ts'

/** How long the answer to a restricted route waits for HAProxy before it says `pending`. */
const RESTRICTED_PATIENCE_MS = 20_000

export interface RunningGateway extends Gateway {
  /** Reads all that was accepted. */
  load(): Promise<void>
  /** Writes the maps' files, for an HAProxy that is about to start. */
  storeMaps(): Promise<void>
  /** Brings all nodes to it, then goes on by itself. Comes back after the first pass of each. */
  start(): Promise<void>
  stop(): Promise<void>
}

export interface GatewayOptions {
  kv: Kv
  table: RouteTable
  voided: VoidCertificates
  /** Those of the front's settings. */
  nodes: readonly GatewayNode[]
  /** Those that the store names. */
  further?: () => Promise<FurtherNode[]>
  log: Log
  intervalMs: number
}

export function createGateway(options: GatewayOptions): RunningGateway {
  const { kv, table, voided, log, intervalMs, further = async () => [] } = options
  const nodes = createNodeSet({ configured: options.nodes, further, log, intervalMs })
  const stopping = new AbortController()
  const running: Promise<void>[] = []

  /** What this front did not write itself, or has written already. */
  const tell = (changes: RouteChange[]) => {
    const before = routesAt(changes)
    const places = table.put(changes)
    if (places.length === 0) return
    for (const node of nodes.all) void node.write(places, routesOf(changes)).then(() => node.settle())
    close(before, changes)
  }

  const routesAt = (changes: readonly RouteChange[]): Route[] =>
    changes.flatMap(({ key, route }) => (route === null ? (table.byKey(key) ?? []) : []))

  /** Requests end by themselves; what stays open for hours does not. */
  const close = (before: Route[], changes: readonly RouteChange[]) => {
    const suspended = changes.flatMap(({ route }) => (route?.suspended ? [route] : []))
    const routes = [...before, ...suspended]
    if (routes.length === 0) return
    for (const node of nodes.all) if (node.online) void node.close(routes)
  }

  const refuse = (serials: string[]) => {
    for (const node of nodes.all) if (node.online) void node.refuse(serials)
  }

  const follower = followStore(kv, { known: () => table.keys(), knows: table.knows, tell, log })

  const statusOf = (route: Route): { status: RouteStatus; reason: string | null } =>
    worst(nodes.all.flatMap((node) => node.status(route) ?? []))

  const isDone = (route: Route): boolean => {
    const { status } = statusOf(route)
    return (
      status === 'failed' ||
      status === 'settled' ||
      status === 'degraded' ||
      (status === 'live' && !needsBackend(route))
    )
  }

  const until = async (done: () => boolean, limitMs: number, signal?: AbortSignal) => {
    const over = AbortSignal.any([AbortSignal.timeout(limitMs), stopping.signal, ...(signal ? [signal] : [])])
    while (!done() && !over.aborted) await nodes.progress(over)
  }

  return {
    async apply(changes, { waitMs = 0, signal } = {}) {
      const watch = startStopwatch()
      const gone = routesAt(changes)
      const places = table.put(changes)
      const routes = routesOf(changes)
      const reloads = reloadsOf(nodes.all)
      const written = (await Promise.all(nodes.all.map((node) => node.write(places, routes)))).flatMap(
        (each) => each ?? [],
      )
      watch.lap('runtime')
      close(gone, changes)
      for (const node of nodes.all) node.settle()
      const patienceMs = routes.some((route) => isRestricted(route) && !route.suspended)
        ? Math.max(waitMs, RESTRICTED_PATIENCE_MS)
        : waitMs
      // What somebody else has changed since, the nodes need not have any more.
      const latest = () =>
        changes.flatMap(({ key, route }) => (route && isStill(route, table.byKey(key)) ? [route] : []))
      const waits = patienceMs > 0 && written.length > 0 && !latest().every(isDone)
      if (waits) {
        await until(() => latest().every(isDone), patienceMs, signal)
        watch.lap('settling')
      }
      return outcomeOf(latest(), { written, wasReloaded: waits && reloadsOf(nodes.all) > reloads, steps: watch.steps })
    },

    status: async (routes) =>
      routes.map((route) => {
        const steps = nodes.all.flatMap((node) => (needsBackend(route) ? node.lastSteps : []))
        return { ...statusOf(route), steps }
      }),

    routes: table.routes,
    nodes: async () => nodes.all.map((node) => node.state),
    ready: async () => nodes.all.some(({ online }) => online),

    traffic: (routes) => trafficOf(nodes.all, routes),

    async measures() {
      const measured = nodes.all.map(async (node) => ({ ...node.state, frontends: await node.totals() }))
      return {
        routes: await countRoutes(table.routes(), (route) => statusOf(route).status),
        nodes: await Promise.all(measured),
      }
    },

    async load() {
      await voided.load()
      await follower.load()
    },

    async storeMaps() {
      await Promise.all(nodes.configured.map((node) => node.storeMaps()))
    },

    async start() {
      running.push(follower.follow(stopping.signal), voided.follow(stopping.signal, refuse))
      await nodes.start()
      running.push(followNodes(kv, { refresh: nodes.refresh, log, signal: stopping.signal }))
    },

    refreshNodes: nodes.refresh,

    async reconcile(name) {
      const chosen = nodes.all.filter((node) => name === undefined || node.name === name)
      await Promise.all(chosen.map((node) => node.pass()))
      return chosen.length > 0
    },

    async stop() {
      stopping.abort()
      await nodes.stop()
      await Promise.all(running)
    },
  }

  function outcomeOf(routes: Route[], did: Did): Outcome {
    if (did.written.length === 0) {
      const why = nodes.all.length === 0 ? 'this front has no data plane' : 'no data plane can be reached at the moment'
      return { status: 'pending', reason: null, applied: { via: 'none', why, steps: did.steps } }
    }
    const { status, reason } = worst(routes.map(statusOf))
    return { status: routes.length === 0 ? 'live' : status, reason, applied: howApplied(routes, did) }
  }

  function howApplied(routes: Route[], { written, wasReloaded, steps }: Did): AppliedHow {
    const [waits] = reasons(routes, (node, route) => node.waitsFor(route))
    if (waits !== undefined) return { via: 'reload', why: waits, steps }
    const [reloaded] = wasReloaded ? reasons(routes, (node, route) => node.whyReloaded(route)) : []
    if (reloaded !== undefined)
      return { via: 'reload', why: reloaded, steps: [...steps, ...nodes.all.flatMap(({ lastSteps }) => lastSteps)] }
    if (written.some(({ servers }) => servers))
      return { via: 'runtime', why: 'servers of a backend that stands were changed while HAProxy runs', steps }
    return { via: 'runtime', why: 'an entry of the routing map was written', steps }
  }

  function reasons(routes: Route[], reasonOf: (node: GatewayNode, route: Route) => string | null): string[] {
    return routes.flatMap((route) => nodes.all.flatMap((node) => reasonOf(node, route) ?? []))
  }
}

/** What became of changes on the nodes that could be reached. */
interface Did {
  written: Written[]
  wasReloaded: boolean
  steps: AppliedHow['steps']
}

const reloadsOf = (nodes: readonly GatewayNode[]): number => nodes.reduce((sum, { reloads }) => sum + reloads, 0)

const isStill = ({ id, revision }: Route, now: Route | undefined): boolean =>
  now?.id === id && now.revision === revision

const routesOf = (changes: readonly RouteChange[]): Route[] => changes.flatMap(({ route }) => route ?? [])
