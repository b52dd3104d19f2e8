import { z } from '@hono/zod-openapi'
import type { BackendRecord } from '../shared/backends/backend-record.ts'
import type { Route } from '../shared/domain/route-record.ts'
import { backendRouteId } from '../shared/gateway/backend-routes.ts'
import { type Counters, SLOWER_THAN_MS } from '../shared/gateway/counters.ts'
import type { RouteTraffic } from '../shared/gateway/traffic.ts'

const count = z.int().min(0)

const Server = z
  .strictObject({
    node: z.string().openapi({ example: 'local' }),
    name: z.string().openapi({ example: 's1' }),
    address: z.string().nullable().openapi({ example: '192.0.2.7:8080' }),
    status: z.string().openapi({ description: 'HAProxy’s word', example: 'UP' }),
    check: z.string().nullable().openapi({ description: 'What the last check came to', example: 'L4OK' }),
    current: count.openapi({ description: 'Sessions at the moment' }),
    sessions: count,
    bytesIn: count,
    bytesOut: count,
    connectErrors: count.openapi({ description: 'Connections to it that failed' }),
  })
  .openapi('ServerStats')

const ResponseTimes = z
  .strictObject({
    averageMs: z.number().nullable().openapi({ description: 'Of the latest 30 or so; null: there was none yet' }),
    histogram: z
      .array(
        z.strictObject({
          upToMs: z.int().nullable().openapi({ description: 'null: all that took longer' }),
          requests: count,
        }),
      )
      .nullable()
      .openapi({ description: 'null where a node does not tell: those with the real Data Plane API' }),
  })
  .openapi('ResponseTimes', { description: 'From the moment a request was sent on until its answer began' })

const Counted = {
  id: z.string().openapi({ example: 'vps-1.0f1e2d3c4b5a69788f' }),
  current: count.openapi({ description: 'Requests, or connections, that run at the moment' }),
  bytes: z.strictObject({ in: count, out: count }).openapi({ description: 'From clients, and from servers' }),
  servers: z.array(Server).openapi({ description: 'Of its own backend, once that stands, on each node' }),
}

const OfRoute = {
  ...Counted,
  agentId: z.string(),
  domain: z.string().openapi({ example: 'shop.apps.example.com' }),
}

const OverHttp = {
  requests: count,
  errors: z.strictObject({
    client: count.openapi({ description: 'Answers of 4xx' }),
    server: count.openapi({ description: 'Answers of 5xx' }),
    unanswered: count.nullable().openapi({
      description:
        'Of those: no server could be reached, or it broke off or took too long. null where a node does not tell',
    }),
  }),
  responses: ResponseTimes,
}

const HttpStats = z
  .strictObject({ type: z.literal('http'), ...OfRoute, pathPrefix: z.string().nullable(), ...OverHttp })
  .openapi('HttpStats')

const BackendStats = z
  .strictObject({
    type: z.literal('backend'),
    ...Counted,
    id: z.string().openapi({ example: 'backend:api-backend' }),
    provider: z.string().openapi({ example: 'api' }),
    name: z.string().openapi({ example: 'api-backend' }),
    ...OverHttp,
  })
  .openapi('BackendStats', { description: 'For administrators' })

const MongodbStats = z
  .strictObject({ type: z.literal('mongodb'), ...OfRoute, name: z.string().nullable(), connections: count })
  .openapi('MongodbStats')

export const RouteStats = z.discriminatedUnion('type', [HttpStats, MongodbStats, BackendStats]).openapi('RouteStats')
export type RouteStats = z.infer<typeof RouteStats>

export function statsAnswer(route: Route, { counters, servers }: RouteTraffic): RouteStats {
  const { id, agentId, host: domain } = route
  const bytes = { in: counters.bytesIn, out: counters.bytesOut }
  const common = { id, agentId, domain, current: counters.current, bytes, servers }
  if (route.type === 'mongodb') {
    return { type: 'mongodb', ...common, name: route.name, connections: counters.requests }
  }
  return { type: 'http', ...common, pathPrefix: route.pathPrefix, ...overHttp(counters) }
}

export function backendStatsAnswer(
  { provider, backend: { name } }: BackendRecord,
  { counters, servers }: RouteTraffic,
): RouteStats {
  const bytes = { in: counters.bytesIn, out: counters.bytesOut }
  const counted = { id: backendRouteId(name), current: counters.current, bytes, servers }
  return { type: 'backend', ...counted, provider, name, ...overHttp(counters) }
}

function overHttp(counters: Counters) {
  const { requests, clientErrors: client, serverErrors: server, unanswered, averageMs } = counters
  return {
    requests,
    errors: { client, server, unanswered },
    responses: { averageMs, histogram: histogramOf(counters) },
  }
}

/** What runs has not taken its time yet, and what nobody answered has none. */
function histogramOf({ requests, current, unanswered, slower }: Counters) {
  if (slower === null) return null
  const answered = Math.max(0, requests - current - (unanswered ?? 0))
  const more = [Math.max(answered, slower[0] ?? 0), ...slower]
  return [...SLOWER_THAN_MS, null].map((upToMs, i) => ({ upToMs, requests: (more[i] ?? 0) - (more[i + 1] ?? 0) }))
}
