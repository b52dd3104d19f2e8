import { z } from '@hono/zod-openapi'
import type { Route } from '../shared/domain/route-record.ts'
import type { Gateway, RouteState } from '../shared/gateway/gateway.ts'
import { warningsOf } from '../shared/routes/warnings.ts'

export const Status = z.enum(['pending', 'live', 'settled', 'degraded', 'failed']).openapi('RouteStatus', {
  description:
    'pending: accepted, no data plane has it yet. live: it answers. settled: its own backend stands. degraded: settled, and its servers fail their checks. failed: HAProxy refuses it',
})

const Steps = z.array(z.strictObject({ step: z.string(), ms: z.number() }))

export const Applied = z
  .strictObject({ via: z.enum(['runtime', 'file', 'reload', 'none']), why: z.string(), steps: Steps })
  .openapi('Applied', { description: 'How it came to HAProxy, and how long each step took' })

export const Warnings = z.array(z.string()).optional().openapi({ description: 'What may not be meant so' })

const Common = {
  id: z.string().openapi({ example: 'vps-1.0f1e2d3c4b5a69788f' }),
  agentId: z.string(),
  domain: z.string().openapi({ example: 'shop.apps.example.com' }),
  options: z.record(z.string(), z.any()).openapi({ description: 'As they were given' }),
  status: Status,
  reason: z.string().optional().openapi({ description: 'Of a failure, in HAProxy’s words' }),
  suspended: z.literal(true).optional().openapi({ description: 'The agent is suspended: nothing is served' }),
  revision: z.int().openapi({ description: 'Counts the changes' }),
  createdAt: z.string(),
  updatedAt: z.string(),
}

const HttpRouteInfo = z
  .strictObject({
    type: z.literal('http'),
    ...Common,
    subdomain: z.string(),
    pathPrefix: z.string().nullable(),
    targetUrl: z.string(),
  })
  .openapi('HttpRoute')

const MongodbRouteInfo = z
  .strictObject({
    type: z.literal('mongodb'),
    ...Common,
    name: z.string().nullable(),
    targetHost: z.string(),
    targetPort: z.int(),
  })
  .openapi('MongodbRoute')

export const RouteInfo = z.discriminatedUnion('type', [HttpRouteInfo, MongodbRouteInfo]).openapi('Route')
export type RouteInfo = z.infer<typeof RouteInfo>

export const RouteDetails = z.strictObject({
  success: z.literal(true),
  route: RouteInfo,
  targets: z
    .array(z.strictObject({ host: z.string(), address: z.string(), port: z.int() }))
    .openapi({ description: 'What its servers stand for at the moment' }),
  steps: Steps,
  warnings: Warnings,
})

const UNKNOWN: RouteState = { status: 'pending', reason: null, steps: [] }

export const RoutePath = z.object({ id: z.string().max(128).openapi({ example: 'vps-1.0f1e2d3c4b5a69788f' }) })

export function routeAnswer(route: Route, { status, reason }: Pick<RouteState, 'status' | 'reason'>): RouteInfo {
  const { id, agentId, host: domain, options, revision, createdAt, updatedAt } = route
  const state = { status, ...(reason !== null && { reason }), ...(route.suspended && { suspended: true as const }) }
  const common = { id, agentId, domain, options, ...state, revision, createdAt, updatedAt }
  if (route.type === 'http') {
    const { type, subdomain, pathPrefix, targetUrl } = route
    return { type, ...common, subdomain, pathPrefix, targetUrl }
  }
  const { type, name, targets } = route
  return { type, ...common, name, targetHost: targets[0]?.host ?? '', targetPort: targets[0]?.port ?? 0 }
}

/** As the gateway knows them at the moment, all asked at once. */
export async function currentAnswers(routes: Route[], gateway: Gateway): Promise<RouteInfo[]> {
  const states = await gateway.status(routes)
  return routes.map((route, index) => routeAnswer(route, states[index] ?? UNKNOWN))
}

/** What the gateway says of one route. */
export async function stateOf(route: Route, gateway: Gateway): Promise<RouteState> {
  const [state] = await gateway.status([route])
  return state ?? UNKNOWN
}

export function warningsAnswer(routes: Route[]): { warnings?: string[] } {
  const warnings = routes.flatMap(warningsOf)
  return warnings.length > 0 ? { warnings } : {}
}
