import type { Route } from '../domain/route-record.ts'

/** What a commit makes of a route; null: there is none. */
export interface ChangedRoute {
  key: string
  agentId: string
  before: Route | null
  after: Route | null
}
