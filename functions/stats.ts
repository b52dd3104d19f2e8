import { createRoute, z } from '@hono/zod-openapi'
import { type BackendRecord, keyOf } from '../shared/backends/backend-record.ts'
import { ANY_HOST } from '../shared/backends/places.ts'
import { AgentId } from '../shared/domain/agent.ts'
import type { Route } from '../shared/domain/route-record.ts'
import { backendNameOf, routeAt } from '../shared/gateway/backend-routes.ts'
import type { Traffic } from '../shared/gateway/traffic.ts'
import { guardedFailures } from './access.ts'
import { json } from './answer.ts'
import type { App } from './app-env.ts'
import type { Deps } from './deps.ts'
import { afterOf, cursorOf, Paging } from './paging.ts'
import { ok } from './schemas.ts'
import { ownerAskedFor, RouteId } from './traffic-query.ts'
import { backendStatsAnswer, RouteStats, statsAnswer } from './traffic-schemas.ts'

const StatsPage = z
  .strictObject({
    success: z.literal(true),
    stats: z.array(RouteStats),
    nodes: z
      .array(z.strictObject({ name: z.string(), counted: z.boolean() }))
      .openapi({ description: 'What is said of the routes is the sum over those that could be asked' }),
    cursor: z.string().nullable(),
  })
  .openapi('StatsPage')

const Filter = Paging.extend({
  agentId: AgentId.optional().openapi({ description: 'Only its routes; an agent sees no others anyway' }),
  route: RouteId.optional(),
})

/** What passed through HAProxy, by route. */
export function statsRoutes(app: App, { services: { routes, backends, gateway }, access }: Deps): void {
  const list = createRoute({
    ...access('administrators, also read-only ones, and each agent for its own', ownerAskedFor),
    method: 'get',
    path: '/api/stats',
    tags: ['Traffic'],
    summary: 'Requests, errors, bytes and response times of routes and backends, out of HAProxy’s counters',
    request: { query: Filter },
    responses: { 200: ok('A page of them', StatsPage), ...guardedFailures('INVALID_INPUT') },
  })
  app.openapi(list, async (c) => {
    const { route: id, limit, cursor, ...query } = c.req.valid('query')
    const principal = c.get('principal')
    const agentId = principal.kind === 'agent' ? principal.agentId : query.agentId
    const name = agentId === undefined ? 'stats' : `stats of ${agentId}`
    const after = afterOf(name, cursor)
    const page =
      id !== undefined
        ? await one(id, agentId)
        : after.startsWith(BEHIND_ROUTES)
          ? await ofBackends({ after: after.slice(BEHIND_ROUTES.length), limit })
          : await ofRoutes({ ...(agentId !== undefined && { agentId }), after, limit })
    const { nodes, stats } = page
    return json(c, { success: true as const, stats, nodes, cursor: cursorOf(name, page.next) }, 200)
  })

  const ofRoutes = async (options: Parameters<typeof routes.page>[0]): Promise<Page> => {
    const { routes: found, next } = await routes.page(options)
    const isLast = next === null && options.agentId === undefined && (await backends.any())
    return { ...(await counted(found)), next: isLast ? BEHIND_ROUTES : next }
  }

  const ofBackends = async (options: { after: string; limit: number }): Promise<Page> => {
    const { records, next } = await backends.page(options)
    return { ...(await countedBackends(records)), next: next && BEHIND_ROUTES + next }
  }

  const one = async (id: string, agentId: string | undefined): Promise<Page> => {
    const name = backendNameOf(id)
    if (name !== null && agentId === undefined) {
      const record = await backends.find(name)
      return { ...(await countedBackends(record ? [record] : [])), next: null }
    }
    const route = await routes.find(id)
    const isSeen = route && (agentId === undefined || route.agentId === agentId)
    return { ...(await counted(isSeen ? [route] : [])), next: null }
  }

  const counted = async (found: Route[]) => {
    const { nodes, routes: traffic } = await gateway.traffic(found)
    return { nodes, stats: found.flatMap((route, i) => (traffic[i] ? [statsAnswer(route, traffic[i])] : [])) }
  }

  /** Only of those that are served: of two with one name the other one has no traffic. */
  const countedBackends = async (records: BackendRecord[]) => {
    const states = await gateway.backends(records.map(keyOf))
    const served = records.filter((_, i) => !states[i]?.conflicts.some(({ over }) => over === 'name'))
    const anywhere = served.map((record) => routeAt(record, { host: ANY_HOST, pathPrefix: null }))
    const { nodes, routes: traffic } = await gateway.traffic(anywhere)
    const stats = served.flatMap((record, i) => (traffic[i] ? [backendStatsAnswer(record, traffic[i])] : []))
    return { nodes, stats }
  }
}

interface Page {
  stats: RouteStats[]
  nodes: Traffic['nodes']
  next: string | null
}

/** Backends come behind the routes of all agents, none of which begins so. */
const BEHIND_ROUTES = '~'
