/** Routes as the store has them: who may have which host, what changes, and that HAProxy hears of it. */
import type { Actor } from '../audit/audit.ts'
import { assertPreconditions, type Preconditions } from '../domain/preconditions.ts'
import type { RouteInput, RouteRemoval } from '../domain/route-input.ts'
import type { Route } from '../domain/route-record.ts'
import { routeState } from '../domain/route-state.ts'
import { AppError } from '../errors.ts'
import type { Outcome } from '../gateway/gateway.ts'
import { type AgentRecord, agentKeyOf } from '../identity/agent-record.ts'
import { assertStanding } from '../identity/standing.ts'
import type { Check, Write } from '../kv/kv.ts'
import { type Decision, toCheck, transactAt } from '../kv/transact.ts'
import { createInTurn } from '../lib/in-turn.ts'
import { type AgentRoutes, createAgentRoutes } from './agent-routes.ts'
import {
  agentsOf,
  type Batch,
  domainsIn,
  hostsOf,
  type ListName,
  type Problem,
  problemsError,
  targetHostsOf,
} from './batch.ts'
import { limitsAt, type RoutesOptions } from './context.ts'
import type { Facts, Put } from './edit.ts'
import { happeningOf } from './happenings.ts'
import type { Job } from './job.ts'
import { type Look, readKnown } from './known.ts'
import { type Digests, digestsOf } from './passwords.ts'
import { type Plan, planBatch } from './plan.ts'
import { createReading, type Reading } from './reading.ts'
import { createRefresh } from './refresh.ts'
import { rollbackJob, routeIsGone } from './rollback.ts'
import { createRouteIds } from './route-ids.ts'
import { createTelling, type WaitOptions } from './telling.ts'
import { undo } from './undo.ts'

interface BatchResult {
  /** In the order of the batch. */
  puts: Put[]
  removed: Route[][]
  /** null: nothing changed, so nothing was applied. */
  outcome: Outcome | null
}

interface WriteOptions extends WaitOptions {
  preconditions?: Preconditions
}

export interface Routes extends Reading, AgentRoutes {
  /** New, or all that it said before is replaced. */
  put(input: RouteInput, actor: Actor, options?: WriteOptions): Promise<{ put: Put; outcome: Outcome | null }>
  /** What it said at that revision it says again. Throws ROUTE_NOT_FOUND, REVISION_NOT_FOUND. */
  rollback(
    to: { id: string; revision: number },
    actor: Actor,
    options?: WriteOptions,
  ): Promise<{ put: Put; outcome: Outcome | null }>
  /** Of one host: one route or all. Throws ROUTE_NOT_FOUND where there is none. */
  remove(removal: RouteRemoval, actor: Actor, options?: WriteOptions): Promise<Route[]>
  /** All of it or nothing. */
  change(batch: Batch & { wrong?: Problem[] }, actor: Actor, wait?: WaitOptions): Promise<BatchResult>
  /** Routes that an agent brings with its registration. */
  registering(inputs: RouteInput[], actor: Actor): Registering
  /** Asks again what the names of targets stand for. Says how many routes go elsewhere since. */
  refresh(): Promise<number>
}

interface Registering {
  /** For the commit that registers the agent. */
  part(agent: AgentRecord): Promise<{ checks: Check[]; writes: Write[] }>
  /** What became of the last part, once that is committed. */
  committed(revision: number): Promise<BatchResult>
}

export function createRoutes(options: RoutesOptions): Routes {
  const { kv, audit, targets, passwordKey, gateway, log, settings, now, random } = options
  const tell = createTelling(gateway, log)
  const inTurn = createInTurn()
  const { remember, ...reading } = createReading(kv)
  const newRouteId = createRouteIds(random)

  const factsOf = async (batch: Batch, known?: Digests): Promise<Facts> => {
    const answers = await targets.resolve(targetHostsOf(batch))
    return { answers, digests: known ?? (await digestsOf(batch.upsert, settings, passwordKey)) }
  }

  const planFor = async (
    agents: AgentRecord[],
    batch: Batch,
    facts: Facts,
    { look, by, listName }: { look: Look; by: string; listName?: string },
  ): Promise<Plan> => {
    const hosts = Map.groupBy(hostsOf(batch, settings), ({ agentId }) => agentId)
    const known = await Promise.all(
      agents.map((agent) => {
        const { agentId } = agent
        const wanted = { hosts: hosts.get(agentId) ?? [], domains: domainsIn(batch, agentId) }
        return readKnown(kv, agent, wanted, look)
      }),
    )
    const [timestamp, limits] = [new Date(now()).toISOString(), limitsAt(now(), settings)]
    return planBatch(known, batch, {
      names: settings,
      targets,
      ...facts,
      by,
      timestamp,
      newRouteId,
      limits,
      ...(listName && { listName }),
    })
  }

  const assertGood = ({ problems }: Pick<Plan, 'problems'>, how: Parameters<typeof problemsError>[1]) => {
    const error = problemsError(problems, how)
    if (error) throw error
  }

  const decide = async (job: Job, facts: Facts, again: boolean): Promise<Decision<Plan>> => {
    const { batch, actor, isSingle = false, mustExist, preconditions, wrong = [], mustBe } = job
    const by = actor.name
    const names = agentsOf(batch)
    const found = await Promise.all(names.map((agentId) => kv.get<AgentRecord>(agentKeyOf(agentId))))
    const agents = found.filter((entry) => entry !== null)
    const unknown = names.filter((_, i) => found[i] === null).flatMap((agentId) => noAgent(batch, agentId))
    for (const agent of agents) assertStanding(actor.standing, agent.value)
    const records = agents.map(({ value }) => value)
    const look: Look = again ? 'at routes and claims' : mayBeNew(batch) ? 'at nothing' : 'at routes'
    const before = [...wrong, ...unknown]
    let plan = await planFor(records, batch, facts, { look, by })
    // Something is wrong: then all that is wrong is looked for.
    if (!again && before.length + plan.problems.length > 0) {
      plan = await planFor(records, batch, facts, { look: 'at routes and claims', by })
    }
    assertGood({ problems: [...before, ...plan.problems] }, { isSingle })
    if (preconditions) assertStates(plan, preconditions)
    if (mustBe !== undefined && plan.puts[0]?.before?.id !== mustBe) throw routeIsGone()
    if (mustExist && plan.removed.some((routes) => routes.length === 0)) throw notFound(batch)
    if (plan.changed.length === 0) return { checks: [], writes: [], result: plan }
    const writes = [...plan.writes, audit.entry(actor, happeningOf(plan.changed, job.backTo))]
    return { checks: [...agents.map(toCheck), ...plan.checks], writes, result: plan }
  }

  /** Whoever waits for HAProxy hears of its refusal, and then nothing is kept. */
  const applied = async (plan: Plan, revision: number, actor: Actor, wait?: WaitOptions): Promise<BatchResult> => {
    const { changed, claimed, puts, removed } = plan
    for (const { key, route } of puts) remember(route.id, key)
    const outcome = await tell(changed, revision, wait)
    if (outcome.status === 'failed' && puts.length > 0) {
      const reason = outcome.reason ?? 'without a reason'
      await undo(options, tell, { changed, claimed, reason }, actor)
      throw new AppError('REJECTED_BY_HAPROXY', `HAProxy refused it, so nothing was changed: ${reason}`)
    }
    return { puts, removed, outcome }
  }

  const run = async (job: Job, wait?: WaitOptions): Promise<BatchResult> => {
    const facts = await factsOf(job.batch, job.digests)
    const commit = () => transactAt(kv, (attempt) => decide(job, facts, attempt > 0))
    const [agentId, ...others] = agentsOf(job.batch)
    // One after the other, an agent's changes do not get into each other's way.
    const { result, revision } = await (agentId !== undefined && others.length === 0
      ? inTurn(agentId, commit)
      : commit())
    if (revision === null) return { puts: result.puts, removed: result.removed, outcome: null }
    return applied(result, revision, job.actor, wait)
  }

  return {
    ...reading,
    ...createAgentRoutes(options, tell),

    async put(input, actor, { preconditions, ...wait } = {}) {
      const batch = { upsert: [input], remove: [] }
      const { puts, outcome } = await run({ batch, actor, isSingle: true, preconditions }, wait)
      return { put: puts[0] as Put, outcome }
    },

    async rollback({ id, revision }, actor, { preconditions, ...wait } = {}) {
      const job = await rollbackJob(kv, await reading.find(id), { id, revision, actor })
      const { puts, outcome } = await run({ ...job, preconditions }, wait)
      return { put: puts[0] as Put, outcome }
    },

    async remove(removal, actor, { preconditions, ...wait } = {}) {
      const batch = { upsert: [], remove: [removal] }
      return (await run({ batch, actor, isSingle: true, mustExist: true, preconditions }, wait)).removed.flat()
    },

    change: ({ wrong, ...batch }, actor, wait) => run({ batch, actor, wrong }, wait),

    registering(inputs, actor) {
      const batch: Batch = { upsert: inputs, remove: [] }
      let facts: Facts | undefined
      let plan: Plan | undefined
      return {
        async part(agent) {
          facts ??= await factsOf(batch)
          plan = await planFor([agent], batch, facts, {
            look: 'at routes and claims',
            by: actor.name,
            listName: 'routes',
          })
          assertGood(plan, { listName: 'routes' })
          const { checks, writes, changed } = plan
          return { checks, writes: changed.length > 0 ? [...writes, audit.entry(actor, happeningOf(changed))] : [] }
        },
        async committed(revision) {
          if (!plan) throw new RangeError('no part was asked for')
          const { puts, removed } = plan
          return plan.changed.length > 0 ? applied(plan, revision, actor) : { puts, removed, outcome: null }
        },
      }
    },

    refresh: createRefresh(options, tell),
  }
}

function assertStates({ puts, removed }: Plan, preconditions: Preconditions): void {
  for (const { before } of puts) assertPreconditions(preconditions, before && routeState(before))
  for (const route of removed.flat()) assertPreconditions(preconditions, routeState(route))
}

/** Databases have no claims that would tell. */
const mayBeNew = ({ upsert, remove }: Batch): boolean =>
  remove.length === 0 && upsert.every(({ type }) => type === 'http')

/** Each part of the batch that is for an agent that there is not. */
function noAgent(batch: Batch, agentId: string): Problem[] {
  const error = new AppError('AGENT_NOT_FOUND', `There is no agent ${agentId}`)
  return (['upsert', 'remove'] as ListName[]).flatMap((list) =>
    [...batch[list].entries()]
      .filter(([, part]) => part.agentId === agentId)
      .map(([i]) => ({ list, index: batch.places?.[list][i] ?? i, field: 'agentId', error })),
  )
}

function notFound({ remove: [removal] }: Batch): AppError {
  const name = removal?.subdomain ?? removal?.name ?? removal?.agentId
  const path = removal?.pathPrefix ? ` at ${removal.pathPrefix}` : ''
  return new AppError('ROUTE_NOT_FOUND', `The agent ${removal?.agentId} has no ${removal?.type} route ${name}${path}`)
}
