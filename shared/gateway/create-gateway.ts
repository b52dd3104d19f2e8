import type { Route } from '../domain/route-record.ts'
import { AppError } from '../errors.ts'
import type { Kv } from '../kv/kv.ts'
import type { Mirror } from '../kv/mirror.ts'
import type { Log } from '../log/log.ts'
import { backendName } from './backend/names.ts'
import { isRestricted, needsBackend } from './backend/needs.ts'
import type { AppliedHow, Gateway, Outcome, RouteChange, RouteStatus } from './gateway.ts'
import { countRoutes } from './measures.ts'
import type { GatewayNode } from './node.ts'
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
  /** The certificates that were revoked, by their serials. */
  voided: Mirror<string>
  /** What ACME servers are answered, by the path. */
  answers: Mirror<string>
  /** The certificates of the edge, whichever front has put them there. */
  edges: Mirror<unknown>
  /** Those of the front's settings. */
  nodes: readonly GatewayNode[]
  /** Those that the store names. */
  further?: () => Promise<FurtherNode[]>
  log: Log
  intervalMs: number
}

export function createGateway(options: GatewayOptions): RunningGateway {
  const { kv, table, voided, answers, edges, log, intervalMs, further = async () => [] } = options
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

  const tellAnswers = (paths: string[]) =>
    Promise.all(
      nodes.all
        .filter(({ online }) => online)
        .map((node) =>
          node.tell(paths.map((key) => ({ map: 'acme.map' as const, key }))).then(
            () => true,
            () => false,
          ),
        ),
    )

  const certify = (names: string[]) => {
    for (const node of nodes.all) void node.certify(names)
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
      const reached = await Promise.all(nodes.all.map((node) => node.write(places, routes)))
      watch.lap('runtime')
      close(gone, changes)
      for (const node of nodes.all) node.settle()
      const patienceMs = routes.some((route) => isRestricted(route) && !route.suspended)
        ? Math.max(waitMs, RESTRICTED_PATIENCE_MS)
        : waitMs
      // What somebody else has changed since, the nodes need not have any more.
      const latest = () =>
        changes.flatMap(({ key, route }) => (route && isStill(route, table.byKey(key)) ? [route] : []))
      const waits = patienceMs > 0 && reached.includes(true) && !latest().every(isDone)
      if (waits) {
        await until(() => latest().every(isDone), patienceMs, signal)
        watch.lap('settling')
      }
      return outcomeOf(latest(), { reached: reached.includes(true), waited: waits, steps: watch.steps })
    },

    status: async (routes) =>
      routes.map((route) => {
        const steps = nodes.all.flatMap((node) => (needsBackend(route) ? node.lastSteps : []))
        return { ...statusOf(route), steps }
      }),

    routes: table.routes,
    nodes: async () => nodes.all.map((node) => node.state),
    ready: async () => nodes.all.some(({ online }) => online),

    async answerChallenge(path, answer) {
      answers.put(path, answer)
      const told = await tellAnswers([path])
      if (!told.includes(true)) throw new AppError('NOT_READY', 'No HAProxy can be told anything at this moment')
    },

    traffic: (routes) => trafficOf(nodes.all, routes),

    async measures() {
      const measured = nodes.all.map(async (node) => ({ ...node.state, frontends: await node.totals() }))
      return {
        routes: await countRoutes(table.routes(), (route) => statusOf(route).status),
        nodes: await Promise.all(measured),
      }
    },

    async load() {
      await Promise.all([voided, answers, edges].map((mirror) => mirror.load()))
      await follower.load()
    },

    async storeMaps() {
      await Promise.all(nodes.configured.map((node) => node.storeMaps()))
    },

    async start() {
      running.push(
        follower.follow(stopping.signal),
        voided.follow(stopping.signal, refuse),
        answers.follow(stopping.signal, (paths) => void tellAnswers(paths)),
        edges.follow(stopping.signal, certify),
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

  function outcomeOf(
    routes: Route[],
    { reached, waited, steps }: { reached: boolean; waited: boolean; steps: AppliedHow['steps'] },
  ): Outcome {
    const { status, reason } = reached ? worst(routes.map(statusOf)) : { status: 'pending' as const, reason: null }
    if (!reached)
      return {
        status,
        reason,
        applied: {
          via: 'none',
          why: nodes.all.length === 0 ? 'this front has no data plane' : 'no data plane can be reached at the moment',
          steps,
        },
      }
    const settled = waited && routes.some((route) => nodes.all.some((node) => node.status(route)?.status === 'settled'))
    return {
      status: routes.length === 0 ? 'live' : status,
      reason,
      applied: settled
        ? {
            via: 'reload',
            why: `its own backend ${routes.map(backendName)[0]} was made`,
            steps: [...steps, ...nodes.all.flatMap(({ lastSteps }) => lastSteps)],
          }
        : { via: 'runtime', why: 'an entry of the routing map was written', steps },
    }
  }
}

const isStill = ({ id, revision }: Route, now: Route | undefined): boolean =>
  now?.id === id && now.revision === revision

const routesOf = (changes: readonly RouteChange[]): Route[] => changes.flatMap(({ route }) => route ?? [])
