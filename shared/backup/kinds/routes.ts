import { z } from 'zod'
import { IpAddress, Label } from '../../domain/agent.ts'
import { inputOf } from '../../domain/input-of.ts'
import { targetsOf, wishOf } from '../../domain/make-route.ts'
import { BasicAuth } from '../../domain/options/basic-auth.ts'
import type { Route, RouteDomain } from '../../domain/route-record.ts'
import type { Json } from '../../kv/kv.ts'
import type { Claim } from '../../routes/claim.ts'
import { namedDomains } from '../../routes/domains/known.ts'
import { isOwn } from '../../routes/domains/part.ts'
import { DOMAIN_STATES, DOMAINS, type DomainRecord, domainKeyOf } from '../../routes/domains/record.ts'
import { historyKeyOf, ROUTE_HISTORY } from '../../routes/history.ts'
import { claimKeyOf, countKeyOf, PINNED, placeKey, ROUTES } from '../../routes/store-keys.ts'
import { type ImportContext, type Kind, kindOf, Ms, Name, parsed, pinned, Time } from './kind.ts'

const BasicAuthRecord: z.ZodType<{ realm: string; users: { user: string; digest: string }[] }> = z.strictObject({
  realm: BasicAuth.shape.realm,
  users: z.array(
    z.strictObject({
      user: BasicAuth.shape.users.element.shape.user,
      digest: z.string().regex(/^[0-9A-F]{64}$/),
    }),
  ),
})

const Domain: z.ZodType<RouteDomain> = z.strictObject({ name: Name, value: Name, status: z.enum(DOMAIN_STATES) })

/** What is the store's of a route, and what its caller gave. */
const Stored = z.looseObject({
  id: z.string().regex(/^[a-z0-9-]{1,63}\.[0-9a-f]{18}$/),
  type: z.enum(['http', 'mongodb']),
  agentId: Label,
  targets: z.array(z.looseObject({ host: z.string(), port: z.int(), address: IpAddress })).min(1),
  suspended: z.boolean(),
  generation: z.int().min(0),
  revision: z.int().min(0),
  edition: z.int().min(1).optional(),
  changedBy: z.string().max(512).optional(),
  createdAt: Time,
  updatedAt: Time,
  options: z.record(z.string(), z.json()),
  basicAuth: BasicAuthRecord.optional(),
  domains: z.array(Domain).optional(),
})

/**
 * A route is read as if it were asked for again: what reaches HAProxy has passed the same parser, whatever the document
 * says, and has the form of this release.
 */
function readRoute(value: Json, context: ImportContext): Route {
  const stored = parsed(Stored, value)
  const input = inputOf(value as Route)
  if (input === null) throw new RangeError('it has options that this release does not take')
  const requests = targetsOf(input, '')
  const targets = requests.map((request, i) => pinned(request, stored.targets[i]?.address ?? '', context.targets))
  const { id, suspended, generation, revision, edition, changedBy, createdAt, updatedAt } = stored
  const wish = wishOf(input, context.names, stored.basicAuth)
  for (const domain of namedDomains(wish)) refuseOwn(domain, context)
  const route = {
    ...{ ...wish, targets, suspended, id, generation, revision },
    ...(edition !== undefined && { edition }),
    ...(changedBy !== undefined && { changedBy }),
    ...(stored.domains && { domains: namedOnes(stored.domains, wish) }),
    ...{ createdAt, updatedAt, options: asGiven(stored.options, wish.options) },
  }
  return route as Route
}

/** As where it is asked for: certificates are ordered for these, and they go before the front's own names. */
function refuseOwn(domain: string, { names }: ImportContext): void {
  if (isOwn(domain, names)) throw new RangeError(`the domain ${domain} is below the front’s own`)
}

function readDomain(value: Json, key: string, context: ImportContext): DomainRecord {
  const record = parsed(DomainState, value)
  if (domainKeyOf(record.agentId, record.domain) !== key) throw new RangeError('it belongs under another key')
  refuseOwn(record.domain, context)
  return record
}

/** As it was proved; what may stand here the options have passed. */
const namedOnes = (domains: RouteDomain[], wish: Pick<Route, 'options'>) =>
  domains.filter(({ name }) => namedDomains(wish).includes(name))

/** With the defaults that were given in words, in the order in which they were given. */
function asGiven(stored: Route['options'], read: Route['options']): Route['options'] {
  const given = Object.keys(stored).map((name) => [name, read[name] ?? null])
  return { ...Object.fromEntries(given), ...read }
}

function readCurrent(value: Json, key: string, context: ImportContext): Route {
  const route = readRoute(value, context)
  const prefix = route.type === 'http' ? route.pathPrefix : null
  if (placeKey(route, prefix) !== key) throw new RangeError('it belongs under another key')
  return route
}

function readFormer(value: Json, key: string, context: ImportContext): Route {
  const route = readRoute(value, context)
  if (historyKeyOf(route) !== key) throw new RangeError('it belongs under another key')
  return route
}

const ClaimRecord: z.ZodType<Claim> = z.union([
  z.strictObject({ agentId: Label }),
  z.strictObject({ releasedBy: Label, incarnation: Name, releasedAt: Time }),
])

const DomainState: z.ZodType<DomainRecord> = z.strictObject({
  agentId: Label,
  domain: Name,
  value: Name,
  status: z.enum(DOMAIN_STATES),
  reason: Name.nullable(),
  found: z.array(Name).max(100),
  lookedAtMs: Ms.nullable(),
  nextLookAtMs: Ms,
  misses: z.int().min(0),
  routes: z.array(z.string().max(1_000)).max(10_000),
})

export const ROUTE_KINDS: Kind[] = [
  { prefix: ROUTES, read: readCurrent },
  { prefix: ROUTE_HISTORY, read: readFormer },
  kindOf(countKeyOf(''), z.strictObject({ count: z.int().min(0) })),
  {
    ...kindOf(claimKeyOf(''), ClaimRecord),
    writtenAt: (value) =>
      'releasedAt' in (value as Claim & object) ? (value as { releasedAt: string }).releasedAt : null,
  },
  { prefix: DOMAINS, read: readDomain },
  kindOf(PINNED, z.record(z.string().max(253), IpAddress)),
]
