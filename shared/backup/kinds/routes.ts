import { z } from 'zod'
import { IpAddress, Label } from '../../domain/agent.ts'
import { targetsOf, wishOf } from '../../domain/make-route.ts'
import { HttpRouteFields, MongodbRouteFields, type RouteInput } from '../../domain/route-input.ts'
import type { Route, Target } from '../../domain/route-record.ts'
import { AppError } from '../../errors.ts'
import type { Json } from '../../kv/kv.ts'
import type { Claim } from '../../routes/claim.ts'
import { claimKeyOf, countKeyOf, PINNED, placeKey, ROUTES } from '../../routes/store-keys.ts'
import { type ImportContext, type Kind, kindOf, Name, parsed, Time } from './kind.ts'

const Stored = z.looseObject({
  id: z.string().regex(/^[a-z0-9-]{1,63}\.[0-9a-f]{18}$/),
  type: z.enum(['http', 'mongodb']),
  agentId: Label,
  targets: z.array(z.looseObject({ host: z.string(), port: z.int(), address: IpAddress })).min(1),
  suspended: z.boolean(),
  generation: z.int().min(0),
  revision: z.int().min(0),
  createdAt: Time,
  updatedAt: Time,
  options: z.record(z.string(), z.json()),
})

const Input = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('http'), ...HttpRouteFields, subdomain: Label }),
  z.strictObject({ type: z.literal('mongodb'), ...MongodbRouteFields }),
])

/**
 * A route is read as if it were asked for again: what reaches HAProxy has passed the same parser, whatever the document
 * says, and has the form of this release.
 */
function readRoute(value: Json, key: string, context: ImportContext): Route {
  const stored = parsed(Stored, value)
  const input: RouteInput = { ...parsed(Input, inputOf(value as Route)), agentId: stored.agentId }
  const requests = targetsOf(input, '')
  const targets = requests.map((request, i) => pinned(request, stored.targets[i]?.address ?? '', context))
  const { id, suspended, generation, revision, createdAt, updatedAt } = stored
  const route = {
    ...wishOf(input, context.names),
    ...{ id, targets, suspended, generation, revision, createdAt, updatedAt },
  } as Route
  const prefix = route.type === 'http' ? route.pathPrefix : null
  if (placeKey(route, prefix) !== key) throw new RangeError('it belongs under another key')
  return route
}

/** What the caller gave, for the parser. */
function inputOf(route: Route): unknown {
  const options = { ...route.options, ...(route.options.pathPrefix === null && { pathPrefix: '/' }) }
  if (route.type === 'http') {
    return { type: 'http', subdomain: route.subdomain, targetUrl: route.targetUrl, options }
  }
  const [first] = route.targets
  const name = route.name === null ? {} : { name: route.name }
  return { type: 'mongodb', ...name, targetHost: first?.host, targetPort: first?.port, options }
}

/** Where this front may not go, it does not go for a document either. A name keeps its address until it is asked for. */
function pinned(request: Omit<Target, 'address'>, address: string, { targets }: ImportContext): Target {
  const answers = new Map([[request.host, { addresses: [address], ttlSeconds: 0 }]])
  try {
    return targets.pin(request, { answers, targetIp: address, current: address })
  } catch (error) {
    throw error instanceof AppError ? new RangeError(error.message) : error
  }
}

const ClaimRecord: z.ZodType<Claim> = z.union([
  z.strictObject({ agentId: Label }),
  z.strictObject({ releasedBy: Label, incarnation: Name, releasedAt: Time }),
])

export const ROUTE_KINDS: Kind[] = [
  { prefix: ROUTES, read: readRoute },
  kindOf(countKeyOf(''), z.strictObject({ count: z.int().min(0) })),
  {
    ...kindOf(claimKeyOf(''), ClaimRecord),
    writtenAt: (value) =>
      'releasedAt' in (value as Claim & object) ? (value as { releasedAt: string }).releasedAt : null,
  },
  kindOf(PINNED, z.record(z.string().max(253), IpAddress)),
]
