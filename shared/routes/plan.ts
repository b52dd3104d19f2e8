import type { Route } from '../domain/route-record.ts'
import { AppError } from '../errors.ts'
import type { Check, Write } from '../kv/kv.ts'
import type { Batch, ListName, Problem } from './batch.ts'
import type { ChangedRoute } from './changed-route.ts'
import type { Claim } from './claim.ts'
import { type Draft, type DraftLimits, draftCommit, newDraft } from './draft.ts'
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
  const plan: Plan = { checks: [], writes: [], changed: [], claimed: new Map(), puts: [], removed: [], problems: [] }
  const elsewhere = new Set<string>()
  for (const known of knownAgents) {
    const draft = newDraft(known)
    const places = editDraft(draft, batch, options, plan)
    const commit = draftCommit(draft, { ...options.limits, elsewhere })
    for (const { before, after } of commit.changed) elsewhere.add((after ?? before)?.host ?? '')
    for (const [host, claim] of commit.claimed) plan.claimed.set(host, claim)
    plan.checks.push(...commit.checks)
    plan.writes.push(...commit.writes)
    plan.changed.push(...commit.changed)
    for (const { host, field, error } of commit.problems)
      plan.problems.push(...problemsAt(places.get(host), error, field))
  }
  return plan
}

/** Says at which places of the batch each host is put. */
function editDraft(draft: Draft, batch: Batch, options: PlanOptions, plan: Plan): Map<string, number[]> {
  const { agentId } = draft.known.agent
  const own = <T extends { agentId: string }>(parts: T[]) =>
    [...parts.entries()].filter(([, part]) => part.agentId === agentId)
  const placeIn = (list: ListName, i: number) => batch.places?.[list][i] ?? i

  const removals = own(batch.remove)
  const taken = removeFrom(
    draft,
    removals.map(([, removal]) => removal),
    options.names,
  )
  for (const [n, [i]] of removals.entries())
    keep(plan, plan.removed, i, ['remove', placeIn('remove', i)], taken[n] ?? [])

  const [places, keys] = [new Map<string, number[]>(), new Map<string, number>()]
  for (const [i, input] of own(batch.upsert)) {
    const index = placeIn('upsert', i)
    const put = attempt(() => putInto(draft, input, options))
    keep(plan, plan.puts, i, ['upsert', index], put)
    if (put instanceof AppError) continue
    const other = keys.get(put.key)
    if (other !== undefined) plan.problems.push(sameAs(put, index, `${options.listName ?? 'upsert'}[${other}]`))
    else keys.set(put.key, index)
    const { host } = put.route
    const there = places.get(host)
    if (there) there.push(index)
    else places.set(host, [index])
  }
  return places
}

function keep<T>(plan: Plan, results: T[], i: number, [list, index]: [ListName, number], result: T | AppError): void {
  if (result instanceof AppError) plan.problems.push({ list, index, field: result.field, error: result })
  else results[i] = result
}

/** At each place where the host is put; without any it is about all of them. */
const problemsAt = (places: number[] | undefined, error: AppError, field = 'subdomain'): Problem[] =>
  (places ?? [null]).map((index) => ({
    list: 'upsert',
    index,
    field: index === null ? undefined : field,
    error,
  }))

const sameAs = ({ route }: Put, index: number, other: string): Problem => ({
  list: 'upsert',
  index,
  field: route.type === 'http' ? 'subdomain' : 'name',
  error: new AppError('INVALID_INPUT', `This is the same route as ${other}`),
})
