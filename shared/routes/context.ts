import type { Audit } from '../audit/audit.ts'
import type { HostNames } from '../domain/make-route.ts'
import type { Gateway } from '../gateway/gateway.ts'
import type { Kv } from '../kv/kv.ts'
import type { Log } from '../log/log.ts'
import type { Targets } from '../targets/targets.ts'
import type { DraftLimits } from './draft.ts'

/** What the parts of the routes' service are made of. */
export interface RoutesOptions {
  kv: Kv
  audit: Audit
  targets: Targets
  /** What passwords are hashed under, in base64. */
  passwordKey: () => Promise<string>
  gateway: Gateway
  log: Log
  settings: RouteSettings
  now: () => number
  random: (length: number) => Uint8Array
}

export interface RouteSettings extends HostNames {
  routesPerAgent: number
  /** How long a host that was given up waits before another agent can have it. */
  releaseSeconds: number
}

export const limitsAt = (nowMs: number, { routesPerAgent, releaseSeconds }: RouteSettings): DraftLimits => ({
  nowMs,
  releaseSeconds,
  maxRoutes: routesPerAgent,
})
