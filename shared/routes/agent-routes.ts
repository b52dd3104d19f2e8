import type { Route } from '../domain/route-record.ts'
import type { AgentRecord } from '../identity/agent-record.ts'
import type { Check, Write } from '../kv/kv.ts'
import { limitsAt, type RoutesOptions } from './context.ts'
import { type Draft, draftCommit, newDraft } from './draft.ts'
import { editionOf } from './history.ts'
import { readAll } from './known.ts'
import { countKeyOf } from './store-keys.ts'
import type { Telling } from './telling.ts'

/** What belongs into a commit of somebody else's, and what is to be done after it. */
interface RoutesPart {
  checks: Check[]
  writes: Write[]
  committed(revision: number): Promise<void>
}

export interface AgentRoutes {
  /** For the commit that removes the agent: its routes go, its hosts wait. */
  belongings(agent: AgentRecord): Promise<RoutesPart>
  /** For the commit that suspends the agent, or ends that. */
  suspension(agent: AgentRecord, suspended: boolean, by: string): Promise<RoutesPart>
}

export function createAgentRoutes({ kv, now, settings }: RoutesOptions, tell: Telling): AgentRoutes {
  const partOf = (draft: Draft): RoutesPart => {
    const limits = { ...limitsAt(now(), settings), maxRoutes: Number.POSITIVE_INFINITY }
    const { checks, writes, changed } = draftCommit(draft, limits)
    return {
      checks: [...checks, ...sameSet(draft, checks)],
      writes,
      async committed(revision) {
        if (changed.length > 0) await tell(changed, revision)
      },
    }
  }
  return {
    async belongings(agent) {
      const draft = newDraft(await readAll(kv, agent))
      draft.after.clear()
      return partOf(draft)
    },

    async suspension(agent, suspended, by) {
      const draft = newDraft(await readAll(kv, agent))
      const updatedAt = new Date(now()).toISOString()
      for (const [key, route] of draft.after)
        draft.after.set(key, suspendedAs(route, { suspended, updatedAt, changedBy: by }))
      return partOf(draft)
    },
  }
}

function suspendedAs(route: Route, change: Pick<Route, 'suspended' | 'updatedAt' | 'changedBy'>): Route {
  if (route.suspended === change.suspended) return route
  return { ...route, ...change, revision: route.revision + 1, edition: editionOf(route) + 1 }
}

/** What is done to all routes must have seen all of them. */
function sameSet({ known }: Draft, checks: Check[]): Check[] {
  const check = { key: countKeyOf(known.agent.agentId), version: known.count?.version ?? null }
  return checks.some(({ key }) => key === check.key) ? [] : [check]
}
