import type { AppReport } from '../apps/apps.ts'
import type { ServiceHealth } from '../health/health.ts'
import type { Ingress } from '../ingress/ingress.ts'

/** What the running daemon says of itself: the answer of `cloudlunacy-agent status --json`. */
export interface Status {
  agentId: string
  version: string
  pid: number
  startedAt: string
  front: {
    url: string
    reachable: boolean
    /** When that became so. */
    since: string
    lastError: string | null
    /** Why it does not let this agent in: it is suspended, or removed. */
    shutOut: string | null
    /** How far this machine's clock is ahead of the front's; null: not known yet. */
    clockAheadMs: number | null
  }
  certificate: {
    expiresAt: string | null
    renewsAt: string | null
    names: string[]
    lastError: string | null
  }
  ingress: Ingress['report']
  routes: RouteStatus[]
  apps: (AppReport & { health: ServiceHealth | null })[]
  databases: { name: string; health: ServiceHealth | null }[]
  /** What is wrong with agent.yaml since it was changed; the former one is in force. */
  mistakes: string[]
}

export interface RouteStatus {
  type: 'http' | 'mongodb'
  /** Of the app or the database in agent.yaml. */
  name: string
  domain: string | null
  pathPrefix: string | null
  /** As the front says; `wanted`: it has not heard of it yet. `refused`: with the reason. */
  status: 'wanted' | 'refused' | 'pending' | 'live' | 'settled' | 'degraded' | 'failed'
  reason: string | null
}
