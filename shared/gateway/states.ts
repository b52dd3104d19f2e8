import type { Conflict } from '../backends/who-wins.ts'
import type { ServerTraffic } from './node-traffic.ts'

export type RouteStatus = 'pending' | 'live' | 'settled' | 'degraded' | 'failed'

export interface Step {
  step: string
  ms: number
}

/** What became of a route. */
export interface RouteState {
  status: RouteStatus
  reason: string | null
  /** Of its way to HAProxy. */
  steps: Step[]
}

/** What became of a backend. */
export interface BackendState {
  /** The worst of its places; `pending` where it has none. */
  status: RouteStatus
  reason: string | null
  /** What it wants and another one has. */
  conflicts: Conflict[]
  /** As HAProxy sees them, where the backend stands. */
  servers: ServerTraffic[]
}

export interface NodeState {
  name: string
  /** By the front's settings: only they can take it away. */
  configured: boolean
  url: string
  reachable: boolean
  haproxyVersion: string | null
  dataPlaneVersion: string | null
  /** The revision of the store up to which this node has everything. */
  appliedRevision: number
  /** How long it has been behind. */
  lagMs: number
  reloads: number
  /** How often it was compared with what was accepted. */
  passes: number
  lastReloadAt: string | null
  lastError: string | null
  repairs: number
  lastRepair: { at: string; what: string; why: string } | null
}
