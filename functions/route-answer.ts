import { z } from '@hono/zod-openapi'
import type { HttpRoute, Route, RouteDomain } from '../shared/domain/route-record.ts'
import type { Gateway } from '../shared/gateway/gateway.ts'
import type { RouteState } from '../shared/gateway/states.ts'
import { type Domains, domainId } from '../shared/routes/domains/domains.ts'
import { DOMAIN_STATES, type DomainRecord, proofName } from '../shared/routes/domains/record.ts'
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

export const Verification = z
  .strictObject({
    domain: z.string().openapi({ example: 'www.example.org' }),
    type: z.literal('TXT'),
    name: z.string().openapi({ example: '_cloudlunacy.www.example.org' }),
    value: z.string().openapi({ description: 'What the record must say, and go on saying' }),
    status: z.enum(DOMAIN_STATES).openapi({
      description: 'pending: not proved yet. done: proved, and served. lost: it was proved, and is not any more',
    }),
    reason: z.string().optional().openapi({ description: 'Why what was found is not enough' }),
    lookedAt: z.string().nullable().optional().openapi({ description: 'When it was looked for last. Not in events' }),
    found: z
      .array(z.string())
      .optional()
      .openapi({ description: 'The TXT records that were found then. Not in events' }),
  })
  .openapi('Verification', { description: 'How a custom domain is proved: a TXT record of this name and value' })
export type Verification = z.infer<typeof Verification>

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
    verification: z.array(Verification).optional().openapi({ description: 'Of each of its custom domains' }),
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

export function routeAnswer(
  route: Route,
  { status, reason }: Pick<RouteState, 'status' | 'reason'>,
  looks: Looks = new Map(),
): RouteInfo {
  const { id, agentId, host: domain, options, revision, createdAt, updatedAt } = route
  const state = { status, ...(reason !== null && { reason }), ...(route.suspended && { suspended: true as const }) }
  const common = { id, agentId, domain, options, ...state, revision, createdAt, updatedAt }
  if (route.type === 'http') {
    const { type, subdomain, pathPrefix, targetUrl } = route
    return { type, ...common, subdomain, pathPrefix, targetUrl, ...verificationOf(route, looks) }
  }
  const { type, name, targets } = route
  return { type, ...common, name, targetHost: targets[0]?.host ?? '', targetPort: targets[0]?.port ?? 0 }
}

/** As the gateway knows them at the moment, all asked at once. */
export async function currentAnswers(
  routes: Route[],
  { gateway, domains }: { gateway: Pick<Gateway, 'status'>; domains: Pick<Domains, 'of'> },
): Promise<RouteInfo[]> {
  const [states, looks] = await Promise.all([gateway.status(routes), domains.of(routes)])
  return routes.map((route, index) => routeAnswer(route, states[index] ?? UNKNOWN, looks))
}

/** What is known of custom domains. */
type Looks = ReadonlyMap<string, DomainRecord>

function verificationOf(route: HttpRoute, looks: Looks): { verification?: Verification[] } {
  if (!route.domains) return {}
  return {
    verification: route.domains.map((domain) => verificationAnswer(domain, looks.get(domainId(route, domain.name)))),
  }
}

export function verificationAnswer({ name: domain, value, status }: RouteDomain, look?: DomainRecord): Verification {
  const how = { domain, type: 'TXT' as const, name: proofName(domain), value }
  if (!look) return { ...how, status }
  const { reason, lookedAtMs, found } = look
  const lookedAt = lookedAtMs === null ? null : new Date(lookedAtMs).toISOString()
  return { ...how, status: look.status, ...(reason !== null && { reason }), lookedAt, found }
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
