import type { HostNames } from '../../domain/make-route.ts'
import type { Route, RouteDomain } from '../../domain/route-record.ts'
import { AppError } from '../../errors.ts'
import type { Check, Write } from '../../kv/kv.ts'
import { isWithin } from '../../pki/names.ts'
import type { ChangedRoute } from '../changed-route.ts'
import { releaseWrite, type Waiting } from '../claim.ts'
import type { Known } from '../known.ts'
import { prefixPart } from '../store-keys.ts'
import { type KnownDomains, namedDomains } from './known.ts'
import { type DomainRecord, domainKeyOf, freshDomain } from './record.ts'

interface DomainsPart {
  checks: Check[]
  writes: Write[]
  problems: { host: string; field: string; error: AppError }[]
}

/** How it stands with each domain that a route names; nothing where it names none. */
export function domainsOf(route: Pick<Route, 'options'>, known: KnownDomains): { domains?: RouteDomain[] } {
  const names = namedDomains(route)
  if (names.length === 0) return {}
  const domains = names.map((name) => {
    const { entry = null, value = '' } = known.get(name) ?? {}
    return { name, value, status: entry?.value.status ?? 'pending' }
  })
  return { domains }
}

/** Names of the front's own are given out by the front alone. */
export const isOwn = (name: string, { domain, appsDomain, mongodbDomain, apiHost }: HostNames): boolean =>
  [domain, appsDomain, mongodbDomain, apiHost].some((own) => isWithin(name, own))

export function assertNotOwn(route: Pick<Route, 'options'>, names: HostNames): void {
  const named = namedDomains(route).find((name) => isOwn(name, names))
  if (named === undefined) return
  throw new AppError('INVALID_INPUT', `The domain ${named} is below the front’s own: only others can be brought`, {
    field: 'options.domains',
  })
}

/** Each domain knows which routes name it. It is given up with the last of them. */
export function domainsPart(known: Known, changed: ChangedRoute[], limits: Waiting): DomainsPart {
  const part: DomainsPart = { checks: [], writes: [], problems: [] }
  const naming = new Map<string, Set<string>>()
  const namingOf = (domain: string) => {
    const there = naming.get(domain) ?? new Set(known.domains?.get(domain)?.entry?.value.routes)
    naming.set(domain, there)
    return there
  }
  const hosts = new Map<string, string>()
  for (const { key, before, after } of changed) {
    const [had, has] = [before ? namedDomains(before) : [], after ? namedDomains(after) : []]
    for (const domain of had) if (!has.includes(domain)) namingOf(domain).delete(key)
    for (const domain of has) if (!had.includes(domain)) namingOf(domain).add(key)
    if (after) hosts.set(key, after.host)
  }
  for (const [domain, keys] of naming) {
    writeDomain(part, known, { domain, keys: [...keys], limits })
    for (const key of sharing(keys)) {
      const host = hosts.get(key)
      if (host !== undefined) part.problems.push({ host, field: 'options.domains', error: namedTwice(domain) })
    }
  }
  return part
}

function writeDomain(
  { checks, writes }: DomainsPart,
  { agent, domains }: Known,
  { domain, keys, limits }: { domain: string; keys: string[]; limits: Waiting },
): void {
  const { entry = null, value = '' } = domains?.get(domain) ?? {}
  const key = domainKeyOf(agent.agentId, domain)
  checks.push({ key, version: entry?.version ?? null })
  if (keys.length > 0) {
    const record = entry?.value ?? freshDomain({ agentId: agent.agentId, domain, value }, limits.nowMs)
    writes.push({ key, value: { ...record, routes: keys } satisfies DomainRecord })
    return
  }
  if (entry === null) return
  writes.push({ key, delete: true })
  // Only who has proved it has the claim.
  if (entry.value.status === 'done') writes.push(releaseWrite(domain, agent, limits))
}

/** The routes that would stand at the same paths of one domain. */
const sharing = (keys: Iterable<string>): string[] =>
  [...Map.groupBy(keys, prefixPart).values()].flatMap((same) => (same.length > 1 ? same : []))

const namedTwice = (domain: string) =>
  new AppError('HOST_TAKEN', `Two routes of the agent name ${domain} for the same paths`, { field: 'options.domains' })
