import type { Actor } from '../../audit/audit.ts'
import { BACKEND_HOST_COUNT, backendHostKey } from '../../backends/store-keys.ts'
import type { Route } from '../../domain/route-record.ts'
import { type AgentRecord, agentKeyOf } from '../../identity/agent-record.ts'
import type { Entry, Kv } from '../../kv/kv.ts'
import { type Decision, toCheck } from '../../kv/transact.ts'
import type { ChangedRoute } from '../changed-route.ts'
import { type Claim, claimProblem, claimWrite, hostOfBackend, releaseWrite } from '../claim.ts'
import { limitsAt, type RoutesOptions } from '../context.ts'
import { draftCommit, newDraft } from '../draft.ts'
import { claimKeyOf } from '../store-keys.ts'
import { type DomainRecord, type DomainState, domainKeyOf } from './record.ts'

/** What the name servers said of the proof; `null`: nobody could say. */
export type Seen = string[] | null

export interface Looked {
  record: DomainRecord
  changed: ChangedRoute[]
  /** Another agent has the domain although this one has proved it. */
  rival: string | null
}

type LookOptions = Pick<RoutesOptions, 'kv' | 'audit' | 'now' | 'settings'>

const FIRST_PAUSE_MS = 30_000
const LONGEST_PAUSE_MS = 6 * 3_600_000
/** Of a domain that is proved: owners change. */
const AGAIN_AFTER_MS = 24 * 3_600_000
/** A name server may be wrong for a while. */
const MISSES_UNTIL_LOST = 3
const MISSED_AGAIN_AFTER_MS = 6 * 3_600_000
const MOST_SHOWN = 10
const LONGEST_SHOWN = 255

/** What follows from a look: the domain is the agent's, or is not any more, or stays what it was. */
export async function decideLook(
  options: LookOptions,
  { agentId, domain }: { agentId: string; domain: string },
  { seen, actor, isContested = false }: { seen: Seen; actor: Actor; isContested?: boolean },
): Promise<Decision<Looked | null>> {
  const { kv, now } = options
  const [entry, agent, claim] = await Promise.all([
    kv.get<DomainRecord>(domainKeyOf(agentId, domain)),
    kv.get<AgentRecord>(agentKeyOf(agentId)),
    kv.get<Claim>(claimKeyOf(domain)),
  ])
  if (!entry || !agent) return { checks: [], writes: [], result: null }
  const before = entry.value
  const named = await hostOfBackends(kv, domain)
  const isThere = seen?.includes(before.value) ?? false
  const limits = limitsAt(now(), options.settings)
  const refusal = named.isNamed
    ? hostOfBackend(domain)
    : claimProblem(domain, claim?.value ?? null, agent.value, limits)

  const misses = seen === null ? before.misses : isThere ? 0 : before.misses + 1
  const isLost = before.status === 'done' && seen !== null && !isThere && (isContested || misses >= MISSES_UNTIL_LOST)
  const isProved = before.status !== 'done' && isThere && refusal === null
  const status: DomainState = isProved ? 'done' : isLost ? 'lost' : before.status
  const record: DomainRecord = {
    ...before,
    status,
    misses,
    reason: reasonOf({ seen, isThere, refusal: status === 'done' ? null : (refusal?.message ?? null) }),
    found: seen === null ? before.found : shown(seen),
    lookedAtMs: now(),
    nextLookAtMs: now() + pauseOf(status, misses),
  }
  const routes = status === before.status ? [] : await routesOf(kv, before.routes)
  const part = withStatus(options, { agent, routes, domain, status })
  const writes = [{ key: entry.key, value: record }, ...part.writes]
  const checks = [toCheck(entry), ...part.checks]
  if (isProved) {
    checks.push(toCheck(agent), { key: claimKeyOf(domain), version: claim?.version ?? null })
    checks.push({ key: BACKEND_HOST_COUNT, version: named.version })
    writes.push(claimWrite(domain, agent.value))
  }
  if (isLost) writes.push(releaseWrite(domain, agent.value, limits))
  const action = isProved ? 'domain.prove' : isLost ? 'domain.lose' : null
  if (action) writes.push(options.audit.entry(actor, { action, target: domain, details: { agentId } }))
  const owner = claim && 'agentId' in claim.value ? claim.value.agentId : null
  const rival = isThere && owner !== null && owner !== agentId ? owner : null
  return { checks, writes, result: { record, changed: part.changed, rival } }
}

/** Its routes say so in the same commit. */
function withStatus(
  { now, settings }: LookOptions,
  {
    agent,
    routes,
    domain,
    status,
  }: { agent: Entry<AgentRecord>; routes: Entry<Route>[]; domain: string; status: DomainState },
) {
  const known = {
    agent: agent.value,
    count: null,
    routes: new Map(routes.map((entry) => [entry.key, entry])),
    claims: new Map(),
  }
  const draft = newDraft(known)
  const updatedAt = new Date(now()).toISOString()
  for (const { key, value } of routes) {
    if (value.type === 'mongodb') continue
    const domains = (value.domains ?? []).map((each) => (each.name === domain ? { ...each, status } : each))
    draft.after.set(key, { ...value, domains, revision: value.revision + 1, updatedAt })
  }
  return draftCommit(draft, limitsAt(now(), settings))
}

async function routesOf(kv: Kv, keys: string[]): Promise<Entry<Route>[]> {
  const found = await Promise.all(keys.map((key) => kv.get<Route>(key)))
  return found.filter((entry) => entry !== null)
}

async function hostOfBackends(kv: Kv, domain: string) {
  const [count, entry] = await Promise.all([kv.get<number>(BACKEND_HOST_COUNT), kv.get(backendHostKey(domain))])
  return { version: count?.version ?? null, isNamed: entry !== null }
}

function reasonOf({ seen, isThere, refusal }: { seen: Seen; isThere: boolean; refusal: string | null }): string | null {
  if (seen === null) return 'The name servers could not be asked'
  if (isThere) return refusal
  return seen.length === 0 ? 'There is no such TXT record' : 'The TXT records say something else'
}

/** What strangers have written, short enough to be shown. */
const shown = (texts: string[]): string[] =>
  texts.slice(0, MOST_SHOWN).map((text) => text.replace(/[^\x20-\x7e]/g, '?').slice(0, LONGEST_SHOWN))

function pauseOf(status: DomainState, misses: number): number {
  if (status === 'done') return misses > 0 ? MISSED_AGAIN_AFTER_MS : AGAIN_AFTER_MS
  return Math.min(FIRST_PAUSE_MS * 2 ** Math.min(Math.max(misses - 1, 0), 20), LONGEST_PAUSE_MS)
}
