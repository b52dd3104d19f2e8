import { createRoute, z } from '@hono/zod-openapi'
import { AgentId } from '../shared/domain/agent.ts'
import type { Route } from '../shared/domain/route-record.ts'
import { guardedFailures } from './access.ts'
import { json } from './answer.ts'
import type { App } from './app-env.ts'
import type { Deps } from './deps.ts'
import { afterOf, cursorOf, Paging } from './paging.ts'
import { ok } from './schemas.ts'
import { ownerAskedFor, RouteId } from './traffic-query.ts'
import { RouteStats, statsAnswer } from './traffic-schemas.ts'

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
export function statsRoutes(app: App, { services: { routes, gateway }, access }: Deps): void {
  const list = createRoute({
    ...access('administrators, also read-only ones, and each agent for its own', ownerAskedFor),
    method: 'get',
    path: '/api/stats',
    tags: ['Traffic'],
    summary: 'Requests, errors, bytes and response times of routes, out of HAProxy’s counters',
    request: { query: Filter },
    responses: { 200: ok('A page of them', StatsPage), ...guardedFailures('INVALID_INPUT') },
  })
  app.openapi(list, async (c) => {
    const { route: id, limit, cursor, ...query } = c.req.valid('query')
    const principal = c.get('principal')
    const agentId = principal.kind === 'agent' ? principal.agentId : query.agentId
    const name = agentId === undefined ? 'stats' : `stats of ${agentId}`
    const page =
      id === undefined
        ? await routes.page({ ...(agentId !== undefined && { agentId }), after: afterOf(name, cursor), limit })
        : { routes: await one(id, agentId), next: null }
    const traffic = await gateway.traffic(page.routes)
    const stats = page.routes.flatMap((route, i) => {
      const counted = traffic.routes[i]
      return counted ? [statsAnswer(route, counted)] : []
    })
    return json(c, { success: true as const, stats, nodes: traffic.nodes, cursor: cursorOf(name, page.next) }, 200)
  })

  const one = async (id: string, agentId: string | undefined): Promise<Route[]> => {
    const route = await routes.find(id)
    return route && (agentId === undefined || route.agentId === agentId) ? [route] : []
  }
}
