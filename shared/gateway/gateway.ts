import type { BackendRecord } from '../backends/backend-record.ts'
import type { Route } from '../domain/route-record.ts'
import type { Measures } from './measures.ts'
import type { BackendState, NodeState, RouteState, RouteStatus, Step } from './states.ts'
import type { Traffic } from './traffic.ts'

/** A route as the store has it since this revision; `null`: it is gone. */
export interface RouteChange {
  /** The store's key of the route. */
  key: string
  route: Route | null
  /** The store's revision of the commit that made it so. */
  version: number
}

/** A backend, or the providers in their order, as the store has it since this revision; `null`: it is gone. */
export interface StoredBackend {
  key: string
  value: BackendRecord | string[] | null
  version: number
}

/** How a change reached HAProxy, why so, and how long each step took. */
export interface AppliedHow {
  via: 'runtime' | 'file' | 'reload' | 'none'
  why: string
  steps: Step[]
}

export interface Outcome {
  /** The worst of the reachable nodes; `pending` when none can be reached. */
  status: RouteStatus
  /** HAProxy's own words, when it does not want the route. */
  reason: string | null
  applied: AppliedHow
}

/**
 * Brings what was accepted to all nodes and keeps it so. In a worker it lives in an object of its own, so every answer is
 * awaited, is plain data, and costs a message: what is asked of many is asked at once.
 */
export interface Gateway {
  /**
   * Takes changes that the store has accepted. Comes back when every reachable node serves them: a plain route is live
   * then; a restricted one stands behind its restriction, or HAProxy has refused it (`failed`, with the reason).
   * With `waitMs` it comes back when all of them are settled or the time is over.
   */
  apply(changes: RouteChange[], options?: { waitMs?: number; signal?: AbortSignal }): Promise<Outcome>
  /** The same for backends. What wins over what is decided here, for all that it has heard of. */
  applyBackends(
    changes: StoredBackend[],
    options?: { waitMs?: number | undefined; signal?: AbortSignal },
  ): Promise<Outcome>
  /** What became of backends, by their keys in the store. */
  backends(keys: readonly string[]): Promise<BackendState[]>
  /** Of each, in their order. */
  status(routes: readonly Route[]): Promise<RouteState[]>
  nodes(): Promise<NodeState[]>
  /** Looks again which nodes the store names. Comes back when those that are new were compared once. */
  refreshNodes(): Promise<void>
  /** All that it has in this process; where it lives elsewhere nobody can ask for that. */
  routes?(): Iterable<Route>
  /** Compares a node, or all, with what was accepted, and puts it right. False: there is no node of this name. */
  reconcile(node?: string): Promise<boolean>
  /** Whether all reachable nodes have all routes, and there is one. */
  ready(): Promise<boolean>
  /** What ACME servers are answered at this path; `null`: nothing any more. Comes back when all reachable nodes say so. */
  answerChallenge(path: string, answer: string | null): Promise<void>
  /** What HAProxy has counted of each. */
  traffic(routes: readonly Route[]): Promise<Traffic>
  measures(): Promise<Measures>
}
