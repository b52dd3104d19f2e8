import type { Route } from '../domain/route-record.ts'
import type { Gateway } from '../gateway/gateway.ts'
import type { NodeState, RouteState } from '../gateway/states.ts'
import { sleep } from '../lib/sleep.ts'
import type { Log } from '../log/log.ts'
import type { EventKind } from './audience.ts'
import type { EventSet } from './store-event.ts'
import type { Moment, NodeEventName, Wording } from './wording.ts'

export interface MomentsOptions {
  gateway: Gateway
  /** All routes that there are. */
  routes: () => Iterable<Route> | AsyncIterable<Route>
  wording: Wording
  /** Of one kind each time. */
  tell: (moments: Moment[]) => void
  /** What somebody reads: nothing else is looked at. */
  wanted: () => ReadonlySet<EventKind>
  /** A HAProxy was reloaded: its old worker lives on while it has connections. */
  reloaded: () => void
  log: Log
  intervalMs?: number
}

export interface Moments {
  /** A route that was just committed is pending, and the store's event says so. */
  heard(set: EventSet): void
  follow(signal: AbortSignal): Promise<void>
}

const INTERVAL_MS = 1_000
/** What is asked of the gateway at once: others must have their turn in between. */
const ROUTES_AT_ONCE = 500
const MANY = 100
const PAUSE_MS = 100
/** Looking at all routes may take this part of the time. */
const SHARE = 20
const PENDING = 'pending '

/** What the store does not know: what became of routes, and how the nodes are. Looked at from time to time, and compared. */
export function createMoments(options: MomentsOptions): Moments {
  const { gateway, routes, wording, tell, wanted, reloaded, log, intervalMs = INTERVAL_MS } = options
  let told: Map<string, string> | null = null
  let committed = new Set<string>()
  let nodes: Map<string, NodeState> | null = null

  const lookAtSome = async (some: Route[], now: Map<string, string>, before: (id: string) => string | undefined) => {
    const states = await gateway.status(some)
    const moments: Moment[] = []
    for (const [index, route] of some.entries()) {
      const state = states[index] as RouteState
      const text = `${state.status} ${state.reason ?? ''}`
      now.set(route.id, text)
      const isFirstLook = told === null && before(route.id) === undefined
      if (isFirstLook || before(route.id) === text) continue
      const { id: of, agentId: owner } = route
      moments.push({ name: 'route.status', owner, of, block: wording.status(route, state) })
    }
    if (moments.length > 0) tell(moments)
    // Many are not to gather faster than they are read.
    await sleep(moments.length > MANY ? PAUSE_MS : 0)
  }

  const lookAtRoutes = async () => {
    const justCommitted = committed
    committed = new Set()
    const before = (id: string) => (justCommitted.has(id) ? PENDING : told?.get(id))
    const now = new Map<string, string>()
    let some: Route[] = []
    for await (const route of routes()) {
      if (some.push(route) < ROUTES_AT_ONCE) continue
      await lookAtSome(some, now, before)
      some = []
    }
    await lookAtSome(some, now, before)
    told = now
  }

  const lookAtNodes = async () => {
    const found = new Map((await gateway.nodes()).map((node) => [node.name, node]))
    for (const [of, node] of found) {
      for (const name of nodeEvents(nodes?.get(of), node)) {
        if (name === 'node.reloaded') reloaded()
        tell([{ name, owner: null, of: `${name} ${of}`, block: wording.node(name, node) }])
      }
    }
    nodes = found
  }

  const look = async () => {
    const kinds = wanted()
    if (kinds.size > 0) await lookAtNodes()
    else nodes = null
    if (kinds.has('route')) await lookAtRoutes()
    else told = null
  }

  return {
    heard({ events }) {
      for (const event of events) if ('route' in event) committed.add(event.route.id)
    },
    async follow(signal) {
      while (!signal.aborted) {
        const startedMs = performance.now()
        await look().catch((error) => log.error('Could not see how routes and nodes are', { error }))
        await sleep(Math.max(intervalMs, SHARE * (performance.now() - startedMs)), signal)
      }
    },
  }
}

function nodeEvents(before: NodeState | undefined, now: NodeState): NodeEventName[] {
  if (before === undefined) return []
  const names: NodeEventName[] = []
  if (now.reachable !== before.reachable) names.push(now.reachable ? 'node.reachable' : 'node.unreachable')
  if (now.repairs > before.repairs) names.push('node.repaired')
  if (now.reloads > before.reloads) names.push('node.reloaded')
  return names
}
