import { createRoute, z } from '@hono/zod-openapi'
import { routeState } from '../shared/domain/route-state.ts'
import { AppError } from '../shared/errors.ts'
import { guardedFailures } from './access.ts'
import { json } from './answer.ts'
import type { App } from './app-env.ts'
import type { Deps } from './deps.ts'
import { conditionalRead, okTagged, tagged } from './etag.ts'
import { afterOf, cursorOf, Paging, PagingIfAsked } from './paging.ts'
import {
  currentAnswers,
  RouteDetails,
  RouteInfo,
  RoutePath,
  routeAnswer,
  stateOf,
  warningsAnswer,
} from './route-answer.ts'
import { AgentPath, ok } from './schemas.ts'

const AgentRoutes = z
  .strictObject({
    success: z.literal(true),
    agentId: z.string(),
    routes: z.array(RouteInfo),
    cursor: z.string().nullable().optional().openapi({ description: 'Where a limit was given' }),
  })
  .openapi('AgentRoutes')
const RoutePage = z
  .strictObject({ success: z.literal(true), routes: z.array(RouteInfo), cursor: z.string().nullable() })
  .openapi('RoutePage')

const MOST_A_PAGE = 1_000

/** Routes that there are, with what became of them. */
export function proxyReadRoutes(app: App, { services, access }: Deps): void {
  const { agents, routes, gateway, domains } = services
  const readable = 'administrators, also read-only ones, and the agent itself' as const

  const ofAgent = createRoute({
    ...access(readable),
    method: 'get',
    path: '/api/proxy/agents/{agentId}',
    tags: ['Routes'],
    summary: 'All routes of an agent',
    request: { params: AgentPath, query: PagingIfAsked },
    responses: { 200: ok('They', AgentRoutes), ...guardedFailures('INVALID_INPUT', 'AGENT_NOT_FOUND') },
  })
  app.openapi(ofAgent, async (c) => {
    const { agentId } = c.req.valid('param')
    if (!(await agents.find(agentId))) throw new AppError('AGENT_NOT_FOUND', `There is no agent ${agentId}`)
    const { limit, cursor } = c.req.valid('query')
    const list = `routes of ${agentId}`
    const after = afterOf(list, cursor)
    const page =
      limit === undefined && after === ''
        ? { routes: await routes.ofAgent(agentId) }
        : await routes.page({ agentId, after, limit: limit ?? MOST_A_PAGE })
    const answers = await currentAnswers(page.routes, services)
    const more = 'next' in page ? { cursor: cursorOf(list, page.next) } : {}
    return json(c, { success: true as const, agentId, routes: answers, ...more }, 200)
  })

  const list = createRoute({
    ...access('administrators, also read-only ones'),
    method: 'get',
    path: '/api/proxy',
    tags: ['Routes'],
    summary: 'All routes, by their agents and hosts',
    request: { query: Paging },
    responses: { 200: ok('A page of them', RoutePage), ...guardedFailures('INVALID_INPUT') },
  })
  app.openapi(list, async (c) => {
    const { limit, cursor } = c.req.valid('query')
    const page = await routes.page({ after: afterOf('routes', cursor), limit })
    const answers = await currentAnswers(page.routes, services)
    return json(c, { success: true as const, routes: answers, cursor: cursorOf('routes', page.next) }, 200)
  })

  const read = createRoute({
    ...access(readable, (c) => routes.ownerOf(c.req.param('id') ?? '')),
    method: 'get',
    path: '/api/proxy/routes/{id}',
    tags: ['Routes'],
    summary: 'One route, and how it came to HAProxy',
    request: { params: RoutePath, ...conditionalRead },
    responses: {
      ...okTagged('The route', RouteDetails.openapi('RouteDetails')),
      ...guardedFailures('INVALID_INPUT', 'ROUTE_NOT_FOUND', 'PRECONDITION_FAILED'),
    },
  })
  app.openapi(read, async (c) => {
    const route = await routes.find(c.req.valid('param').id)
    if (!route) throw new AppError('ROUTE_NOT_FOUND', 'There is no such route')
    const { steps, ...state } = await stateOf(route, gateway)
    const targets = route.targets.map(({ host, address, port }) => ({ host, address, port }))
    const answer: z.infer<typeof RouteDetails> = {
      success: true,
      route: routeAnswer(route, state, await domains.of([route])),
      targets,
      steps,
      ...warningsAnswer([route]),
    }
    return tagged(c, answer, routeState(route))
  })
}
