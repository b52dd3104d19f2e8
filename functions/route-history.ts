import { createRoute, z } from '@hono/zod-openapi'
import type { Route } from '../shared/domain/route-record.ts'
import { placeOf } from '../shared/domain/route-rules.ts'
import { routeState } from '../shared/domain/route-state.ts'
import { AppError } from '../shared/errors.ts'
import { guardedFailures } from './access.ts'
import { actorOf } from './actor.ts'
import { json } from './answer.ts'
import type { App } from './app-env.ts'
import type { Deps } from './deps.ts'
import { conditional, etagOf, preconditionsOf } from './etag.ts'
import { afterOf, cursorOf, Paging } from './paging.ts'
import { PUT_FAILURES, putFields, putStatus, waitOf } from './put-answer.ts'
import { Applied, RouteInfo, RoutePath, Status, Warnings } from './route-answer.ts'
import { BodyCredentials, body, ok } from './schemas.ts'

const Edition = z
  .strictObject({
    revision: z.int().openapi({ description: 'Names it, for a rollback' }),
    at: z.string(),
    by: z.string().nullable().openapi({ example: 'agent vps-1' }),
    targetUrl: z.string().optional().openapi({ description: 'Of a web app' }),
    targetHost: z.string().optional().openapi({ description: 'Of a database' }),
    targetPort: z.int().optional(),
    options: z.record(z.string(), z.any()).openapi({ description: 'As they were given, without passwords' }),
    suspended: z.literal(true).optional(),
  })
  .openapi('RouteEdition')
const HistoryPage = z
  .strictObject({
    success: z.literal(true),
    id: z.string(),
    history: z.array(Edition),
    cursor: z.string().nullable(),
  })
  .openapi('RouteHistory')
const RollbackRequest = z
  .strictObject({
    ...BodyCredentials,
    revision: z.int().min(1).max(Number.MAX_SAFE_INTEGER).openapi({ description: 'One of the history', example: 3 }),
  })
  .openapi('RollbackRequest')
const RolledBack = z
  .strictObject({
    success: z.literal(true),
    message: z.string(),
    route: RouteInfo,
    status: Status,
    applied: Applied,
    warnings: Warnings,
  })
  .openapi('RolledBack')

/** What a route said before, who said it, and how it comes to say that again. */
export function routeHistoryRoutes(app: App, { services, access, clientAddress }: Deps): void {
  const { routes } = services
  const history = createRoute({
    ...access('administrators, also read-only ones, and the agent itself', (c) =>
      routes.ownerOf(c.req.param('id') ?? ''),
    ),
    method: 'get',
    path: '/api/proxy/routes/{id}/history',
    tags: ['Routes'],
    summary: 'What was asked of the route, newest first: the last 50 times',
    request: { params: RoutePath, query: Paging },
    responses: { 200: ok('A page of it', HistoryPage), ...guardedFailures('INVALID_INPUT', 'ROUTE_NOT_FOUND') },
  })
  app.openapi(history, async (c) => {
    const { id } = c.req.valid('param')
    const { limit, cursor } = c.req.valid('query')
    const after = afterOf(`history of ${id}`, cursor)
    const route = await routes.find(id)
    if (!route) throw new AppError('ROUTE_NOT_FOUND', 'There is no such route')
    const page = await routes.history(route, { after, limit })
    const answer = { history: page.entries.map(editionAnswer), cursor: cursorOf(`history of ${id}`, page.next) }
    return json(c, { success: true as const, id, ...answer }, 200)
  })

  const rollback = createRoute({
    ...access('administrators and the agent itself', (c) => routes.ownerOf(c.req.param('id') ?? '')),
    method: 'post',
    path: '/api/proxy/routes/{id}/rollback',
    tags: ['Routes'],
    summary: 'The route says again what it said at that revision, if it still may',
    request: {
      params: RoutePath,
      headers: conditional.headers.extend({ prefer: z.string().optional().openapi({ example: 'wait=10' }) }),
      ...body(RollbackRequest),
    },
    responses: {
      200: ok('It says that now', RolledBack),
      202: ok('It is accepted; no data plane can be reached', RolledBack),
      ...guardedFailures(...PUT_FAILURES, 'ROUTE_NOT_FOUND', 'REVISION_NOT_FOUND', 'PRECONDITION_FAILED'),
    },
  })
  app.openapi(rollback, async (c) => {
    const { revision } = c.req.valid('json')
    const { id } = c.req.valid('param')
    const options = { ...waitOf(c), preconditions: preconditionsOf(c) }
    const { put, outcome } = await routes.rollback({ id, revision }, actorOf(c, clientAddress(c)), options)
    const { did: _, ...fields } = await putFields(put, outcome, services)
    const message = `The route ${placeOf(put.route)} says what it said at revision ${revision}`
    const etag = etagOf(routeState(put.route))
    return json(c, { success: true as const, message, ...fields }, putStatus(put, outcome) === 202 ? 202 : 200, {
      etag,
    })
  })
}

function editionAnswer(route: Route): z.infer<typeof Edition> {
  const { revision, updatedAt: at, changedBy: by = null, options, targets } = route
  const target =
    route.type === 'http'
      ? { targetUrl: route.targetUrl }
      : { targetHost: targets[0]?.host ?? '', targetPort: targets[0]?.port ?? 0 }
  return { revision, at, by, ...target, options, ...(route.suspended && { suspended: true as const }) }
}
