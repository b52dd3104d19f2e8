import { BACKEND_HOST_COUNT, backendHostKey } from '../backends/store-keys.ts'
import type { Route } from '../domain/route-record.ts'
import type { AgentRecord } from '../identity/agent-record.ts'
import type { Entry, Kv } from '../kv/kv.ts'
import { listAll } from '../kv/list-all.ts'
import { allOfThem } from '../lib/all-of-them.ts'
import type { Claim } from './claim.ts'
import { type KnownDomains, namedDomains, readDomains } from './domains/known.ts'
import { agentRoutes, claimKeyOf, countKeyOf, hostRoutes } from './store-keys.ts'

export type Host = Pick<Route, 'agentId' | 'type' | 'host'>

/** Written whenever an agent's set of routes changes, so that whoever checks it knows the set. */
type RouteCount = { count: number }

/** What the store has of one agent's routes, as far as a change needs it. */
export interface Known {
  agent: AgentRecord
  count: Entry<RouteCount> | null
  /** All routes of the hosts in question. */
  routes: Map<string, Entry<Route>>
  /** What backends name, which no agent can have; not there: it does not matter. */
  backendHosts?: BackendHosts
  /** Only those that were read. */
  claims: Map<string, Entry<Claim> | null>
  /** Those that the routes name, or shall name. Not there where none of that changes. */
  domains?: KnownDomains
}

interface BackendHosts {
  /** Of the key that moves whenever the set of all changes. */
  version: number | null
  /** Those of the hosts in question. */
  named: Set<string>
}

/** From here on one list of all that the agent has is cheaper, and new hosts are tried without looking first. */
const MANY_HOSTS = 8
const READS_AT_ONCE = 64

/**
 * How much is read before it is tried. A host that has no claim has no route, and the commit checks the claims of all
 * that seem new: so what is most likely new altogether need not be looked for at all.
 */
export type Look = 'at nothing' | 'at routes' | 'at routes and claims'

export async function readKnown(
  kv: Kv,
  agent: AgentRecord,
  { hosts, domains: wanted }: { hosts: Host[]; domains: string[] },
  look: Look,
): Promise<Known> {
  const { agentId } = agent
  const few = hosts.length <= MANY_HOSTS
  const [count, routes, claims, backendHosts] = await Promise.all([
    kv.get<RouteCount>(countKeyOf(agentId)),
    few ? routesOfHosts(kv, hosts) : look === 'at nothing' ? new Map() : routesUnder(kv, agentRoutes(agentId)),
    few || look === 'at routes and claims' ? readClaims(kv, hosts) : new Map<string, null>(),
    readBackendHosts(kv, hosts),
  ])
  const domains = await readDomains(kv, agent, [...wanted, ...named(routes)])
  return { agent, count, routes, claims, backendHosts, domains }
}

/** Mostly none: then nothing has to be looked for. */
async function readBackendHosts(kv: Kv, hosts: Host[]): Promise<BackendHosts> {
  const count = await kv.get<number>(BACKEND_HOST_COUNT)
  if (!count) return { version: null, named: new Set() }
  const apps = hosts.filter(({ type }) => type === 'http').map(({ host }) => host)
  const entries = await allOfThem(apps, READS_AT_ONCE, (host) => kv.get(backendHostKey(host)))
  return { version: count.version, named: new Set(apps.filter((_, i) => entries[i])) }
}

/** All of them. */
export async function readAll(kv: Kv, agent: AgentRecord): Promise<Known> {
  const count = await kv.get<RouteCount>(countKeyOf(agent.agentId))
  const routes = await routesUnder(kv, agentRoutes(agent.agentId))
  return { agent, count, routes, claims: new Map(), domains: await readDomains(kv, agent, named(routes)) }
}

const named = (routes: Map<string, Entry<Route>>): string[] =>
  [...routes.values()].flatMap(({ value }) => namedDomains(value))

async function routesOfHosts(kv: Kv, hosts: Host[]): Promise<Map<string, Entry<Route>>> {
  const found = await Promise.all(hosts.map((host) => routesUnder(kv, hostRoutes(host))))
  return new Map(found.flatMap((routes) => [...routes]))
}

async function routesUnder(kv: Kv, prefix: string): Promise<Map<string, Entry<Route>>> {
  const routes = new Map<string, Entry<Route>>()
  for await (const entry of listAll<Route>(kv, prefix)) routes.set(entry.key, entry)
  return routes
}

async function readClaims(kv: Kv, hosts: Host[]): Promise<Map<string, Entry<Claim> | null>> {
  const claimed = hosts.filter(({ type }) => type === 'http')
  const entries = await allOfThem(claimed, READS_AT_ONCE, ({ host }) => kv.get<Claim>(claimKeyOf(host)))
  return new Map(claimed.map(({ host }, i) => [host, entries[i] ?? null]))
}
