import type { BackendRecord } from '../backends/backend-record.ts'
import { BACKENDS } from '../backends/store-keys.ts'
import type { Route } from '../domain/route-record.ts'
import type { Kv } from '../kv/kv.ts'
import type { Mirror } from '../kv/mirror.ts'
import type { Log } from '../log/log.ts'
import { ROUTES } from '../routes/store-keys.ts'
import { isRestricted, needsBackend } from './backend/needs.ts'
import { createBackendStates, NOTHING_LEADS } from './backend-states.ts'
import type { Move } from './backend-table.ts'
import { createChallengeAnswers } from './challenge-answers.ts'
import { createConflictLog } from './conflict-log.ts'
import { type Place, placeOf } from './entries.ts'
import { furtherRoutes, goneBy } from './further-places.ts'
import type { AppliedHow, Gateway, Outcome, RouteChange, StoredBackend } from './gateway.ts'
import { countBackends, countRoutes } from './measures.ts'
import type { GatewayNode, Written } from './node.ts'
import { followNodes } from './node-follower.ts'
import { createNodeSet, type FurtherNode } from './node-set.ts'
import type { RouteTable } from './route-table.ts'
import type { RouteStatus } from './states.ts'
import { startStopwatch } from './stopwatch.ts'
import { followStore } from './store-follower.ts'
import { trafficOf } from './traffic.ts'
import { worst } from './worst.ts'

/** What changes have come to in the table. */
interface Moved {
  places: Place[]
  /** Routes that are not served there any more. */
  gone: Route[]
  /** Those that are, as they are now. */
  routes: Route[]
}

interface Waiting {
  waitMs?: number | undefined
  signal?: AbortSignal | undefined
}

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
  /** The certificates that were revoked, by their serials. */
  voided: Mirror<string>
  /** What ACME servers are answered, by the path. */
  answers: Mirror<string>
  /** The certificates of the edge, whichever front has put them there. */
  edges: Mirror<unknown>
  /** What the responders of their CAs have said. */
  staples: Mirror<unknown>
  /** Those of the front's settings. */
  nodes: readonly GatewayNode[]
  /** Those that the store names. */
  further?: () => Promise<FurtherNode[]>
  log: Log
  intervalMs: number
}

export function createGateway(options: GatewayOptions): RunningGateway {
  const { kv, table, voided, answers, edges, staples, log, intervalMs, further = async () => [] } = options
  const nodes = createNodeSet({ configured: options.nodes, further, log, intervalMs })
  const stopping = new AbortController()
  const running: Promise<void>[] = []
  const conflicts = createConflictLog(table.provided, { log, signal: stopping.signal })

  /** Takes routes into the table. */
  const moveRoutes = (changes: readonly RouteChange[]): Moved => {
    const gone = changes.flatMap(({ key, route }) => goneBy(table.byKey(key), route))
    conflicts.lookSoon()
    return { places: table.put(changes), gone, routes: changes.flatMap(({ route }) => route ?? []) }
  }

  const moveBackends = (changes: readonly StoredBackend[]): Moved => {
    const { places, moves } = table.putBackends(changes)
    conflicts.lookSoon()
    // Also where the store's watch told of it first.
    const told = changes.flatMap(({ key }) => table.provided.find(key) ?? []).flatMap(table.provided.routesOf)
    const routes = new Set([...told, ...moves.flatMap(({ after }) => after ?? [])])
    return { places, gone: moves.flatMap(left), routes: [...routes] }
  }

  /** What this front did not write itself, or has written already. */
  const tell = (moved: Moved) => {
    if (moved.places.length === 0) return
    const isUrgent = moved.routes.some(isRestricted)
    for (const node of nodes.all) void node.write(moved.places, moved.routes).then(() => node.settle(isUrgent))
    close(moved)
  }

  /** Requests end by themselves; what stays open for hours does not. */
  const close = ({ gone, routes }: Moved) => {
    const suspended = routes.filter((route) => route.suspended)
    const closed = [...gone, ...suspended, ...suspended.flatMap(furtherRoutes)]
    if (closed.length === 0) return
    for (const node of nodes.all) if (node.online) void node.close(closed)
  }

  const refuse = (serials: string[]) => {
    for (const node of nodes.all) if (node.online) void node.refuse(serials)
  }

  const challenges = createChallengeAnswers(answers, () => nodes.all)

  const certify = (names: string[]) => {
    for (const node of nodes.all) void node.certify(names)
  }

  const followers = [
    followStore<Route>(kv, {
      prefix: ROUTES,
      known: () => table.keys(),
      knows: table.knows,
      tell: (told) => tell(moveRoutes(told.map(({ key, value, version }) => ({ key, route: value, version })))),
      log,
    }),
    followStore<BackendRecord | string[]>(kv, {
      prefix: BACKENDS,
      known: () => table.provided.keys(),
      knows: table.provided.knows,
      tell: (told) => tell(moveBackends(told)),
      log,
    }),
  ]

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

  const bring = async ({ places, gone, routes }: Moved, { waitMs = 0, signal }: Waiting = {}): Promise<Outcome> => {
    const watch = startStopwatch()
    const reloads = reloadsOf(nodes.all)
    const answers = await Promise.all(nodes.all.map((node) => node.write(places, routes)))
    const written = answers.flatMap((each) => each ?? [])
    watch.lap('runtime')
    close({ places, gone, routes })
    const patienceMs = routes.some((route) => isRestricted(route) && !route.suspended)
      ? Math.max(waitMs, RESTRICTED_PATIENCE_MS)
      : waitMs
    for (const node of nodes.all) node.settle(patienceMs > 0)
    // What somebody else has changed since, the nodes need not have any more.
    const latest = () => routes.filter((route) => isStill(route, table.at(placeOf(route))?.route))
    const waits = patienceMs > 0 && written.length > 0 && !latest().every(isDone)
    if (waits) {
      await until(() => latest().every(isDone), patienceMs, signal)
      watch.lap('settling')
    }
    const wasReloaded = waits && reloadsOf(nodes.all) > reloads
    return outcomeOf(latest(), { places, written, wasReloaded, steps: watch.steps })
  }

  const states = createBackendStates({ table: table.provided, nodes: () => nodes.all, statusOf })

  return {
    apply: (changes, options) => bring(moveRoutes(changes), options),
    applyBackends: (changes, options) => bring(moveBackends(changes), options),
    backends: states.of,

    status: async (routes) =>
      routes.map((route) => {
        const steps = nodes.all.flatMap((node) => (needsBackend(route) ? node.lastSteps : []))
        return { ...statusOf(route), steps }
      }),

    routes: table.routes,
    nodes: async () => nodes.all.map((node) => node.state),
    ready: async () => nodes.all.some(({ online }) => online),

    answerChallenge: challenges.answer,

    traffic: (routes) => trafficOf(nodes.all, routes),

    async measures() {
      const measured = nodes.all.map(async (node) => ({ ...node.state, frontends: await node.totals() }))
      return {
        routes: await countRoutes(table.routes(), (route) => statusOf(route).status),
        backends: countBackends([...table.provided.records()].map((record) => states.conditionOf(record).status)),
        nodes: await Promise.all(measured),
      }
    },

    async load() {
      await Promise.all([voided, answers, edges, staples].map((mirror) => mirror.load()))
      for (const follower of followers) await follower.load()
    },

    async storeMaps() {
      await Promise.all(nodes.configured.map((node) => node.storeMaps()))
    },

    async start() {
      running.push(
        ...followers.map((each) => each.follow(stopping.signal)),
        voided.follow(stopping.signal, refuse),
        answers.follow(stopping.signal, (paths) => void challenges.tell(paths)),
        edges.follow(stopping.signal, certify),
        staples.follow(stopping.signal, certify),
      )
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

  function howApplied(routes: Route[], { places, written, wasReloaded, steps }: Did): AppliedHow {
    const waits = reasonOf(routes, (node, route) => node.waitsFor(route))
    if (waits !== null) return { via: 'reload', why: waits, steps }
    const reloaded = wasReloaded ? reasonOf(routes, (node, route) => node.whyReloaded(route)) : null
    if (reloaded !== null)
      return { via: 'reload', why: reloaded, steps: [...steps, ...nodes.all.flatMap(({ lastSteps }) => lastSteps)] }
    if (places.length === 0) return { via: 'none', why: NOTHING_LEADS, steps }
    const changedServers = written.some(({ servers }) => servers)
    const what = changedServers
      ? 'servers of a backend that stands were changed'
      : 'an entry of the routing map was written'
    return { via: 'runtime', why: what, steps }
  }

  function reasonOf(routes: Route[], of: (node: GatewayNode, route: Route) => string | null): string | null {
    for (const route of routes) {
      for (const node of nodes.all) {
        const reason = of(node, route)
        if (reason !== null) return reason
      }
    }
    return null
  }
}

/** What became of changes on the nodes that could be reached. */
interface Did {
  /** Those that they touch. */
  places: Place[]
  written: Written[]
  wasReloaded: boolean
  steps: AppliedHow['steps']
}

const reloadsOf = (nodes: readonly GatewayNode[]): number => nodes.reduce((sum, { reloads }) => sum + reloads, 0)

const isStill = ({ id, revision }: Route, now: Route | undefined): boolean =>
  now?.id === id && now.revision === revision

/** It is somebody else's place now, or nobody's. */
const left = ({ before, after }: Move): Route[] => (before && before.id !== after?.id ? [before] : [])
