import type { Log } from '../../shared/log/log.ts'
import type { Route } from '../client/api.ts'
import type { FrontClient } from '../client/front-client.ts'
import { FrontError, isDistrusted, isPassing } from '../client/front-error.ts'
import type { Settings } from '../config/settings.ts'
import { keyOf, nameOfPlace, placeOfRoute } from '../plan/place.ts'
import { type MadeRoute, type Marks, plan, type Step } from '../plan/plan.ts'
import type { WantedRoute } from '../plan/wanted.ts'
import { createLoop, type Loop } from './loop.ts'
import type { Memory } from './memory.ts'
import { createRefusals, type Refusals } from './refusals.ts'

const LOOK_EVERY_MS = 60_000
/** What became of a route is soon known, and nobody tells of all of it. */
const LOOK_SOON_MS = 2_000

export interface ConvergerOptions {
  front: FrontClient
  memory: Memory
  marks: Marks
  settings(): Settings
  wanted(): WantedRoute[]
  pauseMs(error: unknown, failures: number): number
  log: Log
  /** The front has told how names are made. */
  learned(): void
  /** Whatever has to stand before anybody is sent here. */
  prepared(signal: AbortSignal): Promise<void>
}

/** Makes the front have what agent.yaml says, and keeps it so. */
export interface Converger extends Loop {
  /** What the front said of each route last, by its key. */
  readonly there: ReadonlyMap<string, Route>
  readonly refusals: Pick<Refusals, 'reasonOf'>
  /** Why it does not let the agent in at all; `null`: it does, as far as is known. */
  readonly shutOut: string | null
  /** What was refused may be taken now: look again, and ask for that too. */
  reconsider(): void
}

export function createConverger({ front, memory, marks, ...options }: ConvergerOptions): Converger {
  const { settings, wanted, pauseMs, log, learned } = options
  let there = new Map<string, Route>()
  let registered = ''
  const refusals = createRefusals(() => performance.now())
  let shutOut: string | null = null

  /** Whenever what it says of itself has changed; once at the start in any case. */
  const register = async (signal: AbortSignal) => {
    const { agent: agentId, name: agentName, address: targetIp } = settings()
    const registration = JSON.stringify([agentName, targetIp])
    if (registration === registered) return
    const { appsDomain, mongodbDomain } = await front.register({ targetIp, agentName }, { signal, patienceMs: 0 })
    await memory.learn({ apps: appsDomain, mongodb: mongodbDomain })
    registered = registration
    log.info('Registered at the front', { agentId, targetIp })
    learned()
  }
  const take = async (step: Step, signal: AbortSignal) => {
    const place = step.do === 'put' ? step.route : step.place
    const shown = nameOfPlace(place, front.agentId)
    if (step.do === 'put') {
      await put(step.route, signal)
      log.info(`Route ${shown} is at the front (${step.why})`)
    } else {
      if (step.do === 'remove') await remove(step, signal)
      await memory.forget(place)
      log.info(`Route ${shown} is removed`)
    }
  }
  const put = async (route: WantedRoute, signal: AbortSignal) => {
    const { type, label, pathPrefix } = route
    const before = memory.made.find((made) => keyOf(made) === keyOf(route))
    const made: MadeRoute = { type, label, pathPrefix, asked: null, seen: null }
    // Before it is asked for: if this process dies now, the next one knows whose route it is.
    if (!before) await memory.keep(made)
    const { route: answered, warnings = [] } =
      route.type === 'http'
        ? await front.putHttpRoute(route.ask, { signal, patienceMs: 0 })
        : await front.putMongodbRoute(route.ask, { signal, patienceMs: 0 })
    for (const warning of warnings) log.warn(warning, { route: answered.domain })
    there.set(keyOf(route), answered)
    await memory.keep({ ...made, asked: marks.ofAsked(route), seen: marks.ofSeen(answered) })
  }
  const remove = async (
    { place: { type, label, pathPrefix } }: Extract<Step, { do: 'remove' }>,
    signal: AbortSignal,
  ) => {
    const named = type === 'http' ? { subdomain: label ?? '' } : label === null ? {} : { name: label }
    // A slash alone is the route without a prefix; nothing would be all of the host's.
    const where = type === 'http' ? { pathPrefix: pathPrefix ?? '/' } : {}
    await front.removeRoute({ type, ...named, ...where }, { signal, patienceMs: 0 }).catch((error) => {
      if (!(error instanceof FrontError && error.code === 'ROUTE_NOT_FOUND')) throw error
    })
  }
  const once = async (signal: AbortSignal) => {
    await register(signal)
    await options.prepared(signal)
    const routes = await front.listRoutes({ signal, patienceMs: 0 })
    there = new Map(routes.map((route) => [keyOf(placeOfRoute(route)), route]))
    const steps = plan({ wanted: wanted(), there: routes, made: memory.made }, marks)
    refusals.keep(new Set(steps.map(keyOfStep)))
    let taken = 0
    for (const step of steps) if (await isTaken(step, signal)) taken++
    shutOut = null
    const isMoving = [...there.values()].some(({ status }) => status === 'pending' || status === 'live')
    return taken > 0 || isMoving ? LOOK_SOON_MS : Math.min(LOOK_EVERY_MS, refusals.nextMs())
  }
  /** The others do not wait for one that the front does not take. */
  const isTaken = async (step: Step, signal: AbortSignal): Promise<boolean> => {
    const key = keyOfStep(step)
    const asked = step.do === 'put' ? marks.ofAsked(step.route) : step.do
    if (refusals.isWaiting(key, asked)) return false
    try {
      await take(step, signal)
      refusals.forget(key)
      return true
    } catch (error) {
      if (!(error instanceof FrontError) || isPassing(error) || error.status === 401) throw error
      const reason = [error.message, ...error.details].join('; ')
      if (refusals.note(key, asked, reason))
        log.error(`The front does not take a route: ${reason}`, { route: key.trim(), code: error.code })
      return false
    }
  }
  const loop = createLoop({
    once,
    pauseMs(error, failures) {
      const before = shutOut
      shutOut = isPassing(error) || isDistrusted(error) ? null : error instanceof Error ? error.message : String(error)
      if (shutOut !== null && shutOut !== before) log.error(`The front does not let this agent in: ${shutOut}`)
      return pauseMs(error, failures)
    },
  })
  return {
    ...loop,
    get there() {
      return there
    },
    refusals,
    get shutOut() {
      return shutOut
    },
    reconsider() {
      refusals.reconsider()
      loop.wake()
    },
  }
}

const keyOfStep = (step: Step): string => keyOf(step.do === 'put' ? step.route : step.place)
