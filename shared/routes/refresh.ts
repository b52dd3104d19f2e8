import { FRONT } from '../audit/front-actor.ts'
import type { Route, Target } from '../domain/route-record.ts'
import { saysTheSame } from '../domain/route-rules.ts'
import { AppError } from '../errors.ts'
import { type AgentRecord, agentKeyOf } from '../identity/agent-record.ts'
import { listAll } from '../kv/list-all.ts'
import { type Decision, toCheck, transactAt } from '../kv/transact.ts'
import { allOfThem } from '../lib/all-of-them.ts'
import type { NameAnswers } from '../targets/targets.ts'
import { limitsAt, type RoutesOptions } from './context.ts'
import { type ChangedRoute, draftCommit, newDraft } from './draft.ts'
import { attempt } from './edit.ts'
import { PINNED, ROUTES } from './store-keys.ts'
import type { Telling } from './telling.ts'

/** However short their TTLs are, names are not asked more often, nor seldomer, however long. */
const TTL_SECONDS = { least: 15, most: 3_600 }
/** Where nobody could say: soon again. */
const RETRY_SECONDS = 30
const ROUTES_AT_ONCE = 8

type Pins = { key: string; pinned: { [name: string]: string } }

/** A pass over the names whose time is over. What cannot be resolved, or may not be used, stays where it was. */
export function createRefresh(options: RoutesOptions, tell: Telling): () => Promise<number> {
  const { kv, targets, log, now } = options
  const dueMs = new Map<string, number>()
  let lookedMs = Number.NEGATIVE_INFINITY

  /** Also where the clock was set back so far that it would never have been said. */
  const due = (name: string) => {
    const leftMs = (dueMs.get(name) ?? 0) - now()
    return leftMs <= 0 || leftMs > TTL_SECONDS.most * 1_000
  }

  const noteDue = (answers: NameAnswers) => {
    for (const [name, answer] of answers) {
      const seconds =
        answer instanceof AppError
          ? RETRY_SECONDS
          : Math.min(Math.max(answer.ttlSeconds, TTL_SECONDS.least), TTL_SECONDS.most)
      dueMs.set(name, now() + seconds * 1_000)
      if (answer instanceof AppError) log.warn('A target’s name keeps its address: it could not be resolved', { name })
    }
  }

  const readPins = async (): Promise<Pins[]> => {
    const pins: Pins[] = []
    for await (const { key, value } of listAll<Pins['pinned']>(kv, PINNED)) {
      pins.push({ key: ROUTES + key.slice(PINNED.length), pinned: value })
    }
    return pins
  }

  const forgetOthers = (pins: Pins[]) => {
    const names = new Set(pins.flatMap(({ pinned }) => Object.keys(pinned)))
    for (const name of dueMs.keys()) if (!names.has(name)) dueMs.delete(name)
  }

  const hasMoved = ({ pinned }: Pins, answers: NameAnswers) =>
    Object.entries(pinned).some(([name, address]) => {
      const answer = answers.get(name)
      return answer !== undefined && !(answer instanceof AppError) && !answer.addresses.includes(address)
    })

  const move = async ({ key }: Pins, answers: NameAnswers): Promise<boolean> => {
    const { result, revision } = await transactAt(kv, () => decideMove(options, key, answers))
    if (revision !== null) await tell(result, revision)
    return revision !== null
  }

  return async () => {
    const sinceMs = now() - lookedMs
    if (sinceMs >= 0 && sinceMs < TTL_SECONDS.least * 1_000) return 0
    lookedMs = now()
    const pins = await readPins()
    forgetOthers(pins)
    const answers = await targets.resolve(pins.flatMap(({ pinned }) => Object.keys(pinned).filter(due)))
    noteDue(answers)
    const moving = pins.filter((pin) => hasMoved(pin, answers))
    return (await allOfThem(moving, ROUTES_AT_ONCE, (pin) => move(pin, answers))).filter((moved) => moved).length
  }
}

async function decideMove(
  { kv, audit, targets, log, now, settings }: RoutesOptions,
  key: string,
  answers: NameAnswers,
): Promise<Decision<ChangedRoute[]>> {
  const nothing = { checks: [], writes: [], result: [] }
  const entry = await kv.get<Route>(key)
  const agent = entry && (await kv.get<AgentRecord>(agentKeyOf(entry.value.agentId)))
  if (!entry || !agent) return nothing
  const moved = attempt(() => entry.value.targets.map((target) => pinAgain(target)))
  if (moved instanceof AppError) {
    log.warn('A target keeps its address: the new one may not be used', { host: entry.value.host, error: moved })
    return nothing
  }
  const { revision } = entry.value
  const route: Route = {
    ...entry.value,
    targets: moved,
    revision: revision + 1,
    updatedAt: new Date(now()).toISOString(),
  }
  // Another front was here before.
  if (saysTheSame(entry.value, route)) return nothing
  const draft = newDraft({ agent: agent.value, count: null, routes: new Map([[key, entry]]), claims: new Map() })
  draft.after.set(key, route)
  const { checks, writes, changed } = draftCommit(draft, limitsAt(now(), settings))
  const addresses = moved.map(({ address }) => address)
  const happening = { action: 'route.resolve', target: entry.value.host, details: { id: entry.value.id, addresses } }
  return { checks: [toCheck(agent), ...checks], writes: [...writes, audit.entry(FRONT, happening)], result: changed }

  function pinAgain({ address, ...request }: Target): Target {
    const answer = answers.get(request.host)
    if (answer === undefined || answer instanceof AppError) return { ...request, address }
    return targets.pin(request, { answers, targetIp: agent?.value.targetIp ?? '', current: address })
  }
}
