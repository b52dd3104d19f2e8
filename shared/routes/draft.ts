import { BACKEND_HOST_COUNT } from '../backends/store-keys.ts'
import type { Route } from '../domain/route-record.ts'
import { isAddress } from '../domain/target-host.ts'
import { AppError } from '../errors.ts'
import type { Check, Write } from '../kv/kv.ts'
import { toCheck } from '../kv/transact.ts'
import type { ChangedRoute } from './changed-route.ts'
import {
  type Claim,
  claimBack,
  claimProblem,
  claimWrite,
  hostOfBackend,
  hostTaken,
  releaseWrite,
  type Waiting,
} from './claim.ts'
import { domainsPart } from './domains/part.ts'
import { historyWrites } from './history.ts'
import type { Known } from './known.ts'
import { claimKeyOf, countKeyOf, pinnedKeyOf } from './store-keys.ts'

/** What an agent's routes shall become. A route that stays as it is stays the same object. */
export interface Draft {
  known: Known
  after: Map<string, Route>
}

/** A draft as a part of a commit. */
export interface DraftCommit {
  checks: Check[]
  writes: Write[]
  changed: ChangedRoute[]
  /** Hosts that the agent gets by it, with what their claims were. */
  claimed: Map<string, Claim | null>
  problems: { host: string; field?: string; error: AppError }[]
}

export interface DraftLimits extends Waiting {
  maxRoutes: number
  /** Hosts that the same commit changes for another agent. */
  elsewhere?: Set<string>
  /** For a change that never was: claims go back to what they were. */
  claimsBack?: Map<string, Claim | null>
}

export const newDraft = (known: Known): Draft => ({
  known,
  after: new Map(Array.from(known.routes, ([key, { value }]) => [key, value])),
})

export function draftCommit({ known, after }: Draft, limits: DraftLimits): DraftCommit {
  const changed = changesBetween(known, after)
  const hosts = hostChanges(known, after, limits)
  const count = countChange(known, changed, limits)
  const domains = domainsPart(known, changed, limits)
  return {
    checks: [...changed.flatMap((each) => checkOf(known, each)), ...hosts.checks, ...count.checks, ...domains.checks],
    writes: [
      ...changed.flatMap(writesOf),
      ...changed.flatMap(historyWrites),
      ...hosts.writes,
      ...count.writes,
      ...domains.writes,
    ],
    changed,
    claimed: hosts.claimed,
    problems: [...hosts.problems, ...count.problems, ...domains.problems],
  }
}

function changesBetween({ agent: { agentId }, routes }: Known, after: Map<string, Route>): ChangedRoute[] {
  const changed: ChangedRoute[] = []
  for (const [key, route] of after) {
    const before = routes.get(key)?.value ?? null
    if (before !== route) changed.push({ key, agentId, before, after: route })
  }
  for (const [key, { value }] of routes) if (!after.has(key)) changed.push({ key, agentId, before: value, after: null })
  return changed
}

/** New and removed routes are covered by the check of the count. */
function checkOf({ routes }: Known, { key, before, after }: ChangedRoute): Check[] {
  const entry = routes.get(key)
  return entry && before && after ? [toCheck(entry)] : []
}

function writesOf({ key, before, after }: ChangedRoute): Write[] {
  const [had, has] = [before && pinnedOf(before), after && pinnedOf(after)]
  const pinnedKey = pinnedKeyOf(key)
  const pinned: Write[] = has ? [{ key: pinnedKey, value: has }] : had ? [{ key: pinnedKey, delete: true }] : []
  return [after ? { key, value: after } : { key, delete: true }, ...pinned]
}

/** The names of a route's targets with their addresses. */
function pinnedOf({ targets }: Route): { [name: string]: string } | null {
  const named = targets.filter(({ host }) => !isAddress(host))
  return named.length === 0 ? null : Object.fromEntries(named.map(({ host, address }) => [host, address]))
}

type HostChanges = Omit<DraftCommit, 'changed'>

/** A host is claimed with its first route and given up with its last one. */
function hostChanges(
  { agent, routes, claims, backendHosts }: Known,
  after: Map<string, Route>,
  limits: DraftLimits,
): HostChanges {
  const [had, has] = [new Set<string>(), new Set<string>()]
  for (const { value } of routes.values()) if (value.type === 'http') had.add(value.host)
  for (const route of after.values()) if (route.type === 'http') has.add(route.host)

  const changes: HostChanges = { checks: [], writes: [], claimed: new Map(), problems: [] }
  // What comes back was there before.
  const ofBackends = limits.claimsBack ? undefined : backendHosts
  if (ofBackends && [...has].some((host) => !had.has(host)))
    changes.checks.push({ key: BACKEND_HOST_COUNT, version: ofBackends.version })
  for (const host of has) {
    if (had.has(host)) continue
    const entry = claims.get(host) ?? null
    const error = ofBackends?.named.has(host)
      ? hostOfBackend(host)
      : limits.elsewhere?.has(host)
        ? hostTaken(host)
        : claimProblem(host, entry?.value ?? null, agent, limits)
    if (error) changes.problems.push({ host, error })
    changes.claimed.set(host, entry?.value ?? null)
    changes.checks.push({ key: claimKeyOf(host), version: entry?.version ?? null })
    changes.writes.push(claimWrite(host, agent))
  }
  for (const host of had) {
    if (has.has(host)) continue
    const back = limits.claimsBack?.get(host)
    changes.writes.push(back === undefined ? releaseWrite(host, agent, limits) : claimBack(host, back, limits))
  }
  return changes
}

function countChange(
  { agent, count }: Known,
  changed: ChangedRoute[],
  { maxRoutes }: DraftLimits,
): Omit<HostChanges, 'claimed'> {
  const added = changed.filter(({ before }) => before === null).length
  const removed = changed.filter(({ after }) => after === null).length
  if (added === 0 && removed === 0) return { checks: [], writes: [], problems: [] }
  const [key, next] = [countKeyOf(agent.agentId), (count?.value.count ?? 0) + added - removed]
  const write: Write = next === 0 ? { key, delete: true } : { key, value: { count: next } }
  const isTooMany = added > removed && next > maxRoutes
  const problems = isTooMany ? [{ host: '', error: tooManyRoutes(agent.agentId, maxRoutes, next) }] : []
  return { checks: [{ key, version: count?.version ?? null }], writes: [write], problems }
}

const tooManyRoutes = (agentId: string, most: number, next: number) =>
  new AppError('TOO_MANY_ROUTES', `The agent ${agentId} may have ${most} routes, not ${next}`)
