import type { Actor } from '../audit/audit.ts'
import { FRONT } from '../audit/front-actor.ts'
import type { Route } from '../domain/route-record.ts'
import type { AgentRecord } from '../identity/agent-record.ts'
import { agentKeyOf } from '../identity/agent-record.ts'
import type { Kv } from '../kv/kv.ts'
import { type Decision, toCheck, transactAt } from '../kv/transact.ts'
import type { ChangedRoute } from './changed-route.ts'
import type { Claim } from './claim.ts'
import { limitsAt, type RoutesOptions } from './context.ts'
import { namedDomains } from './domains/known.ts'
import { domainsOf } from './domains/part.ts'
import { draftCommit, newDraft } from './draft.ts'
import { happeningOf } from './happenings.ts'
import { editionOf } from './history.ts'
import { type Host, readKnown } from './known.ts'
import type { Telling } from './telling.ts'

export interface Undoing {
  changed: ChangedRoute[]
  /** What the claims were that the change took. */
  claimed: Map<string, Claim | null>
  reason: string
}

/** Makes routes what they were before a change that HAProxy refused. What somebody changed since then stays. */
export async function undo(options: RoutesOptions, tell: Telling, undoing: Undoing, actor: Actor): Promise<void> {
  for (const [agentId, changed] of Map.groupBy(undoing.changed, (each) => each.agentId)) {
    const { result, revision } = await transactAt(options.kv, () =>
      decide(options, agentId, { ...undoing, changed }, actor),
    )
    if (revision !== null) await tell(result, revision)
  }
}

async function decide(
  { kv, audit, now, settings }: RoutesOptions,
  agentId: string,
  { changed, claimed, reason }: Undoing,
  actor: Actor,
): Promise<Decision<ChangedRoute[]>> {
  const agent = await kv.get<AgentRecord>(agentKeyOf(agentId))
  // It was removed with all that it had.
  if (!agent) return { checks: [], writes: [], result: [] }
  const draft = newDraft(await knownOf(kv, agent.value, changed))
  for (const { key, before, after } of changed) {
    if (!isStill(draft.after.get(key), after)) continue
    if (before === null) draft.after.delete(key)
    // No revision is ever used twice, the refused one neither.
    else {
      const last = after ?? before
      const changedBy = FRONT.name
      // One that was given up by it is to be proved again, for somebody else may have it by now.
      const domains = domainsOf(before, draft.known.domains ?? new Map())
      draft.after.set(key, {
        ...before,
        ...domains,
        revision: last.revision + 1,
        edition: editionOf(last) + 1,
        changedBy,
      })
    }
  }
  const limits = { ...limitsAt(now(), settings), maxRoutes: Number.POSITIVE_INFINITY, claimsBack: claimed }
  const { checks, writes, changed: undone } = draftCommit(draft, limits)
  if (undone.length === 0) return { checks: [], writes: [], result: [] }
  const { target, details } = happeningOf(undone)
  const happening = { action: 'route.roll-back', target, outcome: 'refused' as const, details: { ...details, reason } }
  return { checks: [toCheck(agent), ...checks], writes: [...writes, audit.entry(actor, happening)], result: undone }
}

function knownOf(kv: Kv, agent: AgentRecord, changed: ChangedRoute[]) {
  const hosts = new Map<string, Host>()
  const domains = changed.flatMap(({ before, after }) =>
    [before, after].flatMap((route) => (route ? namedDomains(route) : [])),
  )
  for (const { before, after } of changed) {
    const { agentId, type, host } = (after ?? before) as Route
    hosts.set(`${type}/${host}`, { agentId, type, host })
  }
  return readKnown(kv, agent, { hosts: [...hosts.values()], domains }, 'at routes and claims')
}

const isStill = (now: Route | undefined, then: Route | null): boolean =>
  then === null ? now === undefined : now?.id === then.id && now.revision === then.revision
