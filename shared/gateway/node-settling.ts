import { DataPlaneError } from '../dataplane/data-plane-error.ts'
import { createGate } from '../lib/gate.ts'
import { sleep } from '../lib/sleep.ts'
import { backendName } from './backend/names.ts'
import { type ConfigurationPlan, structuralSize } from './configuration-plan.ts'
import type { NodeParts } from './node-parts.ts'
import { createPace, type Pace } from './pace.ts'
import { missingBackends } from './running-backends.ts'
import type { Step } from './states.ts'
import { startStopwatch } from './stopwatch.ts'

/** Backends that nobody uses go with the next reload that is needed anyway, or alone after this time. */
const REMOVALS_WAIT_MS = 15_000
/** The files of maps and servers are written so often at most, and seldomer where that takes long. */
const STORE_PAUSE_MS = 1_000
const STORE_SHARE_OF_TIME = 20

/** Servers that leave are looked at so often, and seldomer as long as none has ended. */
const LEAVING_PAUSE_MS = 1_000
const LONGEST_LEAVING_PAUSE_MS = 15_000

/** Makes and removes the routes' backends, as few reloads as may be. */
export interface NodeSettling {
  /** Begins, unless it is at it; does not wait. Urgent unless everything is served meanwhile and nobody waits. */
  settle(isUrgent?: boolean): void
  /** One plan at a time, and each made when its turn has come: another one may have done some of it. */
  carryOut(plan: () => ConfigurationPlan): Promise<void>
  /** Once they have waited long enough. */
  removeUnused(): Promise<void>
  readonly pace: Pace
  readonly lastSteps: Step[]
  stop(): Promise<void>
}

export function createSettling({ options, gate, condition, configuration, maps, servers }: NodeParts): NodeSettling {
  const { name, dataPlane, table, log, now } = options
  const pace = createPace(options.settleIntervalMs, now)
  const stopping = new AbortController()
  const turns = createGate()
  let [settling, storing, leaving]: (Promise<void> | null)[] = [null, null, null]
  let [unusedSinceMs, storePauseMs] = [0, STORE_PAUSE_MS]
  let lastSteps: Step[] = []
  let urgency = new AbortController()

  /** All that a reload is wrapped in: the next worker must start with everything that this one has. */
  const aroundReload = ({ create, replace }: ConfigurationPlan) => ({
    gate,
    ahead: () => maps.storeChanged(),
    before: () => maps.storeChanged(),
    async after() {
      condition.worker = await dataPlane.processInfo()
      // What has changed since the plan was made.
      await configuration.updateServers([...create, ...replace])
      await maps.write([...create, ...replace].flatMap(table.placesOf))
    },
  })

  const carryOut = (plan: () => ConfigurationPlan): Promise<void> => turns.run(() => carryOutNow(plan()))

  const carryOutNow = async (plan: ConfigurationPlan): Promise<void> => {
    const watch = startStopwatch()
    const startedMs = now()
    await configuration.carryOut(plan, aroundReload(plan), watch)
    if (!plan.base && structuralSize(plan) === 0) return
    pace.reloaded(now() - startedMs, condition.worker?.old_workers ?? 0)
    await verify(plan)
    watch.lap('verification')
    lastSteps = watch.steps
    log.info(`Settled on ${name}`, { node: name, ...countsOf(plan), ms: msOf(watch.steps) })
  }

  const verify = async ({ create, replace }: ConfigurationPlan): Promise<void> => {
    const missing = await missingBackends(
      dataPlane,
      [...create, ...replace].map(backendName).filter(configuration.stands),
    )
    if (missing.length === 0) return
    configuration.lost(missing)
    throw new DataPlaneError('refused', `HAProxy does not have ${missing[0]}, though it took the configuration`)
  }

  const settleAll = async (): Promise<void> => {
    while (condition.online && !stopping.signal.aborted) {
      const { create, replace, servers: moved, same, remove } = configuration.plan()
      if (create.length + replace.length + moved.length + same.length === 0) {
        if (remove.length > 0) unusedSinceMs ||= now()
        // Whoever was in a hurry has all that he wanted, and hurries nobody who comes later.
        urgency = new AbortController()
        break
      }
      // Until it is written anew, a backend serves what it did before.
      if (replace.length > 0) urgency.abort()
      if (create.length + replace.length > 0) await untilDue()
      await carryOut(configuration.plan)
      condition.ring()
    }
    storeSoon()
    removeLeftSoon()
  }

  const untilDue = async (): Promise<void> => {
    await sleep(pace.waitMs(false), AbortSignal.any([stopping.signal, urgency.signal]))
    if (urgency.signal.aborted) await sleep(pace.waitMs(true), stopping.signal)
    urgency = new AbortController()
  }

  /** A server that was taken away ends what it has, which may take hours. */
  const removeLeftSoon = () => {
    if (!servers.hasLeaving) return
    leaving ??= removeLeft()
      .catch((error) => condition.failed(error, 'remove the servers that have left'))
      .finally(() => {
        leaving = null
      })
  }

  const removeLeft = async () => {
    for (let pauseMs = LEAVING_PAUSE_MS; servers.hasLeaving; ) {
      await sleep(pauseMs, stopping.signal)
      if (stopping.signal.aborted || !condition.online) return
      const removed = await gate.run(servers.removeLeft)
      pauseMs = removed > 0 ? LEAVING_PAUSE_MS : Math.min(2 * pauseMs, LONGEST_LEAVING_PAUSE_MS)
    }
  }

  /**
   * The files matter to the next worker alone. Before a reload they are brought up to date anyway, so between reloads
   * they follow at leisure, and no write of a route waits for them.
   */
  const storeSoon = () => {
    storing ??= sleep(storePauseMs, stopping.signal)
      .then(storeNow)
      .catch((error) => condition.failed(error, 'write the files of maps and servers'))
      .finally(() => {
        storing = null
      })
  }

  const storeNow = async () => {
    if (!condition.online || !maps.known) return
    const startedMs = now()
    await maps.storeChanged()
    await turns.run(configuration.storeServers)
    storePauseMs = Math.max(STORE_PAUSE_MS, STORE_SHARE_OF_TIME * (now() - startedMs))
  }

  return {
    settle(isUrgent = true) {
      if (isUrgent) urgency.abort()
      if (settling || !condition.online) return
      settling = settleAll()
        .catch((error) => condition.failed(error, 'settle'))
        .finally(() => {
          settling = null
          condition.ring()
        })
    },
    carryOut,
    async removeUnused() {
      if (unusedSinceMs === 0 || Math.abs(now() - unusedSinceMs) <= REMOVALS_WAIT_MS) return
      unusedSinceMs = 0
      if (configuration.plan().remove.length > 0) await carryOut(configuration.plan)
    },
    pace,
    get lastSteps() {
      return lastSteps
    },
    async stop() {
      stopping.abort()
      await Promise.all([settling, storing, leaving])
    },
  }
}

const countsOf = ({ base, create, replace, remove }: ConfigurationPlan) => ({
  base,
  made: create.length,
  replaced: replace.length,
  removed: remove.length,
})

const msOf = (steps: readonly Step[]) => Object.fromEntries(steps.map(({ step, ms }) => [step, ms]))
