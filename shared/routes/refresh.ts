import { FRONT } from '../audit/front-actor.ts'
import type { Route, Target } from '../domain/route-record.ts'
import { saysTheSame } from '../domain/route-rules.ts'
import { AppError } from '../errors.ts'
import { type AgentRecord, agentKeyOf } from '../identity/agent-record.ts'
import { listAll } from '../kv/list-all.ts'
import { type Decision, toCheck, transactAt } from '../kv/transact.ts'
import { allOfThem } from '../lib/all-of-them.ts'
import { createDueNames, hasMoved } from '../targets/due-names.ts'
import type { NameAnswers } from '../targets/targets.ts'
import type { ChangedRoute } from './changed-route.ts'
import { limitsAt, type RoutesOptions } from './context.ts'
import { draftCommit, newDraft } from './draft.ts'
import { attempt } from './edit.ts'
import { PINNED, ROUTES } from './store-keys.ts'
import type { Telling } from './telling.ts'

const ROUTES_AT_ONCE = 8

type Pins = { key: string; pinned: { [name: string]: string } }

/** A pass over the names whose time is over. What cannot be resolved, or may not be used, stays where it was. */
export function createRefresh(options: RoutesOptions, tell: Telling): () => Promise<number> {
  const { kv, targets, log, now } = options
  const names = createDueNames({ targets, log, now })

  const readPins = async (): Promise<Pins[]> => {
    const pins: Pins[] = []
    for await (const { key, value } of listAll<Pins['pinned']>(kv, PINNED)) {
      pins.push({ key: ROUTES + key.slice(PINNED.length), pinned: value })
    }
    return pins
  }

  const isMoving = ({ pinned }: Pins, answers: NameAnswers) =>
    Object.entries(pinned).some(([name, address]) => hasMoved(name, address, answers))

  const move = async ({ key }: Pins, answers: NameAnswers): Promise<boolean> => {
    const { result, revision } = await transactAt(kv, () => decideMove(options, key, answers))
    if (revision !== null) await tell(result, revision)
    return revision !== null
  }

  return async () => {
    if (!names.isDue()) return 0
    const pins = await readPins()
    const answers = await names.ask(pins.flatMap(({ pinned }) => Object.keys(pinned)))
    const moving = pins.filter((pin) => isMoving(pin, answers))
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
