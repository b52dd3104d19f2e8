import type { HeaderChanges } from './headers.ts'
import type { RateLimit } from './rate-limit.ts'
import type { Timeouts } from './timeouts.ts'

/** Whoever asks with one of these digests in place of a password is let in. */
export type BasicAuthRecord = {
  realm: string
  users: { user: string; digest: string }[]
}

/** What a route's own backend does beside choosing a server. What is not there was not asked for. */
export type HttpRules = {
  /** The servers see paths without the route's prefix. */
  stripPrefix?: true
  /** `null`: a name of HAProxy's own. */
  sticky?: { cookie: string | null }
  timeouts?: Timeouts
  hostHeader?: string
  requestHeaders?: HeaderChanges
  responseHeaders?: HeaderChanges
  rateLimit?: RateLimit
  basicAuth?: BasicAuthRecord
}

/** Each of them, so that a new one cannot be forgotten where they are compared. */
export const HTTP_RULES = Object.keys({
  stripPrefix: true,
  sticky: true,
  timeouts: true,
  hostHeader: true,
  requestHeaders: true,
  responseHeaders: true,
  rateLimit: true,
  basicAuth: true,
} satisfies Record<keyof HttpRules, true>) as (keyof HttpRules)[]

/** Answered without a backend, hence at once. */
export type MaintenanceRecord = {
  /** `null`: the page's own words. */
  message: string | null
  retryAfterSeconds: number
}
