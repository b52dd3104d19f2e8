import { createRoute, z } from '@hono/zod-openapi'
import { AgentId } from '../shared/domain/agent.ts'
import { HttpRouteFields, MongodbRouteFields, RemovalFields } from '../shared/domain/route-input.ts'
import type { Route } from '../shared/domain/route-record.ts'
import { placeOf } from '../shared/domain/route-rules.ts'
import { routeState } from '../shared/domain/route-state.ts'
import { guardedFailures } from './access.ts'
import { actorOf } from './actor.ts'
import { json } from './answer.ts'
import type { App } from './app-env.ts'
import type { Deps } from './deps.ts'
import { CONDITIONAL_CREATION, conditional, etagOf, preconditionsOf } from './etag.ts'
import { connectionString } from './mongodb-answer.ts'
import { domainsMessage, PUT_FAILURES, putFields, putMessage, putStatus, waitOf } from './put-answer.ts'
import { Applied, RouteInfo, Status, Warnings } from './route-answer.ts'
import { BodyCredentials, body, ok } from './schemas.ts'

const Owner = {
  agentId: AgentId,
  agentKey: BodyCredentials.agentKey.openapi({ description: 'Instead of a token' }),
}
const HttpRouteRequest = z.strictObject({ ...Owner, ...HttpRouteFields }).openapi('HttpRouteRequest')
const MongodbRouteRequest = z.strictObject({ ...Owner, ...MongodbRouteFields }).openapi('MongodbRouteRequest')
const RouteRemovalRequest = z.strictObject({ ...Owner, ...RemovalFields }).openapi('RouteRemovalRequest')

const Outcome = { route: RouteInfo, status: Status, applied: Applied, warnings: Warnings }
const HttpRouteAnswer = z
  .strictObject({
    success: z.literal(true),
    message: z.string(),
    domain: z.string().openapi({ example: 'shop.apps.example.com' }),
    targetUrl: z.string(),
    url: z.string().openapi({ description: 'Where the app is from now on', example: 'https://shop.apps.example.com/' }),
    ...Outcome,
  })
  .openapi('HttpRouteAnswer')
const MongodbRouteAnswer = z
  .strictObject({
    success: z.literal(true),
    message: z.string(),
    domain: z.string().openapi({ example: 'vps-1.mongodb.example.com' }),
    connectionString: z.string().openapi({ description: 'For clients, who keep the CAs in ca.pem' }),
    targetIp: z.string(),
    targetPort: z.int(),
    tlsEnabled: z.boolean().openapi({ description: 'TLS goes through to the database; if not, HAProxy ends it' }),
    certificates: z.strictObject({
      ca: z.string().openapi({ description: 'The CAs to trust, as PEM' }),
      cert: z.string().openapi({ description: 'PEM' }),
      key: z.string().nullable().openapi({ description: 'PEM; null where only the agent has it' }),
    }),
    ...Outcome,
  })
  .openapi('MongodbRouteAnswer')
const Removed = z
  .strictObject({ success: z.literal(true), message: z.string(), domain: z.string() })
  .openapi('RouteRemoved')

/** One route at a time: set up, changed, removed. */
export function proxyRoutes(app: App, { services, settings, access, clientAddress }: Deps): void {
  const { routes, certificates } = services
  const asOwner = { ...access('administrators and the agent itself'), tags: ['Routes'] }
  const portSuffix = settings.httpsPort === 443 ? '' : `:${settings.httpsPort}`
  const putHeaders = z.object({
    prefer: z.string().optional().openapi({ example: 'wait=10' }),
    ...CONDITIONAL_CREATION,
  })
  const answers = <T extends z.ZodType>(schema: T) => ({
    201: ok('It is new', schema),
    200: ok('It was there, and says this now', schema),
    202: ok('It is accepted; no data plane can be reached', schema),
    ...guardedFailures(...PUT_FAILURES, 'PRECONDITION_FAILED'),
  })

  const putHttp = createRoute({
    ...asOwner,
    method: 'post',
    path: '/api/proxy/http',
    summary: 'A host name for a web app: a new one, or all that it said before is replaced',
    request: { headers: putHeaders, ...body(HttpRouteRequest) },
    responses: answers(HttpRouteAnswer),
  })
  app.openapi(putHttp, async (c) => {
    const { agentKey: _, ...input } = c.req.valid('json')
    const actor = actorOf(c, clientAddress(c))
    const { put, outcome } = await routes.put({ type: 'http', ...input }, actor, {
      ...waitOf(c),
      preconditions: preconditionsOf(c),
    })
    const { did, ...fields } = await putFields(put, outcome, services)
    const place = placeOf(put.route)
    const answer: z.infer<typeof HttpRouteAnswer> = {
      success: true,
      message: putMessage(`The route ${place}`, did, fields.status) + domainsMessage(put.route),
      domain: put.route.host,
      targetUrl: input.targetUrl.url,
      url: urlOf(put.route, portSuffix),
      ...fields,
    }
    return json(c, answer, putStatus(put, outcome), { etag: etagOf(routeState(put.route)) })
  })

  const putMongodb = createRoute({
    ...asOwner,
    method: 'post',
    path: '/api/proxy/mongodb',
    summary: 'A host name for a MongoDB database',
    request: { headers: putHeaders, ...body(MongodbRouteRequest) },
    responses: answers(MongodbRouteAnswer),
  })
  app.openapi(putMongodb, async (c) => {
    const { agentKey: _, ...input } = c.req.valid('json')
    const actor = actorOf(c, clientAddress(c))
    const { put, outcome } = await routes.put({ type: 'mongodb', ...input }, actor, {
      ...waitOf(c),
      preconditions: preconditionsOf(c),
    })
    const { certificate, key } = await certificates.certificateOf(input.agentId, actor)
    const { did, ...fields } = await putFields(put, outcome, services)
    const { host, targets } = put.route
    const answer: z.infer<typeof MongodbRouteAnswer> = {
      success: true,
      message: putMessage(`The database ${host}`, did, fields.status),
      domain: host,
      connectionString: connectionString(host, settings.mongoPort),
      targetIp: targets[0]?.address ?? '',
      targetPort: targets[0]?.port ?? 0,
      tlsEnabled: put.route.type === 'mongodb' && put.route.useTls,
      certificates: { ca: await certificates.bundle(), cert: certificate.certificate, key },
      ...fields,
    }
    return json(c, answer, putStatus(put, outcome), { etag: etagOf(routeState(put.route)) })
  })

  const remove = createRoute({
    ...asOwner,
    method: 'delete',
    path: '/api/proxy',
    summary: 'Nothing is served for it from the moment of the answer. Without pathPrefix: all routes of the host',
    request: { ...conditional, ...body(RouteRemovalRequest) },
    responses: {
      200: ok('Removed', Removed),
      ...guardedFailures('INVALID_INPUT', 'AGENT_NOT_FOUND', 'ROUTE_NOT_FOUND', 'PRECONDITION_FAILED'),
    },
  })
  app.openapi(remove, async (c) => {
    const { agentKey: _, ...removal } = c.req.valid('json')
    const preconditions = preconditionsOf(c)
    const removed = await routes.remove(removal, actorOf(c, clientAddress(c)), { preconditions })
    const places = removed.map(placeOf).join(', ')
    const message = removed.length === 1 ? `The route ${places} is removed` : `The routes ${places} are removed`
    return json(c, { success: true as const, message, domain: removed[0]?.host ?? '' }, 200)
  })
}

const urlOf = (route: Route, portSuffix: string): string =>
  `https://${route.host}${portSuffix}${placeOf(route).slice(route.host.length) || '/'}`
