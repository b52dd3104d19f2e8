import { databaseName, targetsOf } from './make-route.ts'
import { clientContradiction } from './options/client-certificate.ts'
import { optionConflict } from './options/conflicts.ts'
import { HTTP_RULES } from './options/http-rules.ts'
import type { RouteInput, RouteRemoval } from './route-input.ts'
import type { Route } from './route-record.ts'
import { bracketed } from './target-host.ts'
import { ingressContradiction, transportContradiction, transportStructure } from './transport.ts'

/** What fields of an input say against each other. */
export function contradictionIn(input: RouteInput, targetIp: string): string | null {
  const targets = targetsOf(input, targetIp).map(({ host, port }) => `${bracketed(host)}:${port}`)
  const twice = targets.find((target, i) => targets.indexOf(target) < i)
  if (twice !== undefined) return `The server ${twice} is named twice`
  if (input.type === 'mongodb')
    return nameContradiction(input) ?? clientContradiction(input.options ?? {}) ?? ingressContradiction(input)
  const targetsHere = targetsOf(input, targetIp)
  const { options = {} } = input
  return transportContradiction(options, targetsHere) ?? optionConflict(options, targetsHere)
}

/** The two names that a database may have come with. */
export function nameContradiction(input: Pick<RouteRemoval, 'agentId' | 'name' | 'subdomain'>): string | null {
  const { agentId, subdomain } = input
  if (subdomain === undefined || subdomain === agentId || subdomain === databaseName(input)) return null
  return 'For MongoDB subdomain must be the agentId or the name of the database'
}

/** Whether a change is one that HAProxy's backend of the route cannot take while it runs. */
export function needsNewBackend(before: Route, after: Route): boolean {
  return JSON.stringify(structureOf(before)) !== JSON.stringify(structureOf(after))
}

/**
 * Weights change at run time, and so does what stands in the maps. A server that is sent elsewhere goes on using the
 * connections that it has: under load, requests reach the old target for as long as it lives. Databases have no such
 * connections, and what a name stands for may change at any time.
 */
function structureOf(route: Route) {
  const { type, check, allowFrom } = route
  const servers = route.targets.map(({ host, port, tls, backup }) => ({
    at: type === 'http' ? `${bracketed(host)}:${port}` : null,
    tls,
    backup,
  }))
  const balance = route.type === 'http' ? route.balance : null
  const database = route.type === 'mongodb' ? [route.useTls, route.clients] : null
  const rules = type === 'http' ? HTTP_RULES.map((rule) => route[rule] ?? null) : null
  // The cookie says whether it may come by plain HTTP.
  const secureCookie = route.type === 'http' && route.sticky !== undefined && route.redirectToHttps === true
  return [servers, check, allowFrom, balance, transportStructure(route), database, rules, secureCookie]
}

/** Whether it says the same, whenever it was said. */
export function saysTheSame(before: Route, after: Route): boolean {
  return JSON.stringify(saying(before)) === JSON.stringify(saying(after))
}

/** Of routes at the same place. */
function saying(route: Route) {
  const { targets, suspended, options } = route
  const servers = targets.map(({ host, address, port, weight }) => [host, address, port, weight])
  const atHosts = route.type === 'http' ? [route.targetUrl, route.domains ?? []] : null
  return [servers, suspended, options, atHosts, structureOf(route)]
}

/** The place where it answers: its host, and its paths. */
export const placeOf = (route: Route): string =>
  route.type === 'http' && route.pathPrefix !== null ? route.host + route.pathPrefix : route.host
