import { databaseName, type HostNames, httpHost, mongodbHost, targetsOf, wishOf } from '../domain/make-route.ts'
import type { RouteInput, RouteRemoval } from '../domain/route-input.ts'
import type { Route } from '../domain/route-record.ts'
import { contradictionIn, nameContradiction, needsNewBackend, saysTheSame } from '../domain/route-rules.ts'
import { AppError } from '../errors.ts'
import type { NameAnswers, Targets } from '../targets/targets.ts'
import { assertNotOwn, domainsOf } from './domains/part.ts'
import type { Draft } from './draft.ts'
import { editionOf } from './history.ts'
import type { Host } from './known.ts'
import type { Digests } from './passwords.ts'
import { hostPart, hostRoutes, placeKey } from './store-keys.ts'

/** What was found out before anything is decided. */
export interface Facts {
  answers: NameAnswers
  digests: Digests
}

export interface EditOptions extends Facts {
  names: HostNames
  targets: Targets
  timestamp: string
  newRouteId: (agentId: string) => string
  /** Who asks. */
  by: string
}

export interface Put {
  key: string
  route: Route
  did: 'created' | 'changed' | 'unchanged'
  before: Route | null
}

/** Which host a wish or a removal is about. Throws INVALID_INPUT. */
export function hostOf(of: RouteInput | RouteRemoval, names: HostNames): Host {
  const { agentId, type, subdomain } = of
  if (type === 'mongodb') {
    const contradiction = nameContradiction(of)
    if (contradiction !== null) throw new AppError('INVALID_INPUT', contradiction, { field: 'subdomain' })
    return { agentId, type, host: mongodbHost(agentId, databaseName(of), names) }
  }
  if (subdomain === undefined)
    throw new AppError('INVALID_INPUT', 'The subdomain of the route is missing', { field: 'subdomain' })
  if ('name' in of && of.name !== undefined)
    throw new AppError('INVALID_INPUT', 'Only databases have a name', { field: 'name' })
  return { agentId, type, host: httpHost(subdomain, names) }
}

/** Puts the route where it belongs in the draft: all that it said before is replaced. */
export function putInto(
  { known: { agent, domains = new Map() }, after }: Draft,
  input: RouteInput,
  options: EditOptions,
): Put {
  const { targetIp, suspended, agentId } = agent
  hostOf(input, options.names)
  const contradiction = contradictionIn(input, targetIp)
  if (contradiction !== null) throw new AppError('INVALID_INPUT', contradiction, { field: 'options' })
  const wish = wishOf(input, options.names, options.digests.get(input))
  assertNotOwn(wish, options.names)
  const key = placeKey(wish, wish.type === 'http' ? wish.pathPrefix : null)
  const before = after.get(key)
  const addressOf = new Map(before?.targets.map(({ host, address }) => [host, address]))
  const { answers, timestamp } = options
  const targets = targetsOf(input, targetIp).map((request, i) => {
    const current = addressOf.get(request.host)
    return inField(targetField(input, i), () => options.targets.pin(request, { answers, targetIp, current }))
  })
  const id = before?.id ?? options.newRouteId(agentId)
  const revision = (before?.revision ?? 0) + 1
  const createdAt = before?.createdAt ?? timestamp
  const route: Route = {
    ...wish,
    ...domainsOf(wish, domains),
    targets,
    suspended,
    id,
    generation: revision,
    revision,
    edition: before ? editionOf(before) + 1 : 1,
    changedBy: options.by,
    createdAt,
    updatedAt: timestamp,
  }
  if (before && saysTheSame(before, route)) return { key, route: before, did: 'unchanged', before }
  if (before && !needsNewBackend(before, route)) route.generation = before.generation
  after.set(key, route)
  return { key, route, did: before ? 'changed' : 'created', before: before ?? null }
}

/** Takes routes out of the draft: for each removal one of its host, or all. Gives back what each of them took out. */
export function removeFrom({ after }: Draft, removals: RouteRemoval[], names: HostNames): (Route[] | AppError)[] {
  if (removals.length === 0) return []
  const keysOfHosts = Map.groupBy(after.keys(), (key) => hostPart(key))
  return removals.map((removal) =>
    attempt(() => {
      const host = hostOf(removal, names)
      const { pathPrefix } = removal
      const keys = pathPrefix === undefined ? keysOfHosts.get(hostRoutes(host)) : [placeKey(host, pathPrefix)]
      return (keys ?? []).flatMap((key) => {
        const route = after.get(key)
        after.delete(key)
        return route ? [route] : []
      })
    }),
  )
}

/** The field that names a route's server, by its number. */
function targetField({ type }: RouteInput, i: number): string {
  if (i > 0) return `options.servers[${i - 1}].${type === 'http' ? 'url' : 'host'}`
  return type === 'http' ? 'targetUrl' : 'targetHost'
}

/** Says of what is refused which field it is about. */
function inField<T>(field: string, act: () => T): T {
  const result = attempt(act)
  if (!(result instanceof AppError)) return result
  const { code, message, cause, details, headers } = result
  throw new AppError(code, message, { cause, headers, field, ...(details && { details }) })
}

/** What a caller may be told is a result too: of many, all that are wrong are told. */
export function attempt<T>(act: () => T): T | AppError {
  try {
    return act()
  } catch (error) {
    if (error instanceof AppError) return error
    throw error
  }
}
