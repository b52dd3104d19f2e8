import type { Route } from '../domain/route-record.ts'
import { AppError } from '../errors.ts'
import type { Check, Write } from '../kv/kv.ts'
import type { Batch, Problem } from './batch.ts'
import type { Claim } from './claim.ts'
import { type ChangedRoute, type Draft, type DraftLimits, draftCommit, newDraft } from './draft.ts'
import { attempt, type EditOptions, type Put, putInto, removeFrom } from './edit.ts'
import type { Known } from './known.ts'

/** What a batch makes of what the store has: a commit, or all that is wrong. */
export interface Plan {
  checks: Check[]
  writes: Write[]
  changed: ChangedRoute[]
  claimed: Map<string, Claim | null>
  /** In the order of the batch. */
  puts: Put[]
  removed: Route[][]
  problems: Problem[]
}

export interface PlanOptions extends EditOptions {
  limits: DraftLimits
  /** What the caller calls the list of what is put. Default `upsert`. */
  listName?: string
}

/** Decides alone on what it is given: it reads nothing and writes nothing. */
export function planBatch(knownAgents: Known[], batch: Batch, options: PlanOptions): Plan {
  const { listName = 'upsert' } = options
  const plan: Plan = { checks: [], writes: [], changed: [], claimed: new Map(), puts: [], removed: [], problems: [] }
  const elsewhere = new Set<string>()
  for (const known of knownAgents) {
    const draft = newDraft(known)
    const placesOf = editDraft(draft, batch, options, plan)
    const commit = draftCommit(draft, { ...options.limits, elsewhere })
    for (const { before, after } of commit.changed) elsewhere.add((after ?? before)?.host ?? '')
    for (const [host, claim] of commit.claimed) plan.claimed.set(host, claim)
    plan.checks.push(...commit.checks)
    plan.writes.push(...commit.writes)
    plan.changed.push(...commit.changed)
    for (const { host, error } of commit.problems) plan.problems.push({ where: placesOf.get(host) ?? listName, error })
  }
  return plan
}

/** Says at which place of the batch each host is first put. */
function editDraft(draft: Draft, batch: Batch, options: PlanOptions, plan: Plan): Map<string, string> {
  const { agentId } = draft.known.agent
  const own = <T extends { agentId: string }>(parts: T[]) =>
    [...parts.entries()].filter(([, part]) => part.agentId === agentId)

  const removals = own(batch.remove)
  const taken = removeFrom(
    draft,
    removals.map(([, removal]) => removal),
    options.names,
  )
  for (const [n, [i]] of removals.entries()) keep(plan, plan.removed, i, `remove[${i}]`, taken[n] ?? [])

  const [placesOf, keys] = [new Map<string, string>(), new Map<string, string>()]
  for (const [i, input] of own(batch.upsert)) {
    const where = `${options.listName ?? 'upsert'}[${i}]`
    const put = attempt(() => putInto(draft, input, options))
    keep(plan, plan.puts, i, where, put)
    if (put instanceof AppError) continue
    const other = keys.get(put.key)
    if (other !== undefined) plan.problems.push({ where, error: sameAs(other) })
    keys.set(put.key, where)
    if (!placesOf.has(put.route.host)) placesOf.set(put.route.host, where)
  }
  return placesOf
}

function keep<T>(plan: Plan, results: T[], i: number, where: string, result: T | AppError): void {
  if (result instanceof AppError) plan.problems.push({ where, error: result })
  else results[i] = result
}

const sameAs = (other: string) => new AppError('INVALID_INPUT', `This is the same route as ${other}`)
