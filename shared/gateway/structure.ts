import type { DataPlane } from '../dataplane/data-plane.ts'
import { type DataPlaneError, isFault } from '../dataplane/data-plane-error.ts'
import type { Route } from '../domain/route-record.ts'
import { type Configuration, parseConfiguration, printConfiguration, type Section } from '../haproxy-text/index.ts'
import type { Gate } from '../lib/gate.ts'
import type { BackendOf } from './backend/backend-of.ts'
import { backendName } from './backend/names.ts'
import { type ConfigurationPlan, structuralSize } from './configuration-plan.ts'
import { assembleConfiguration, isGlobal } from './configuration-text.ts'
import { findOffenders } from './offenders.ts'
import type { Stopwatch } from './stopwatch.ts'

/** A transaction reads the whole configuration at each of its steps, so many changes go as one text. */
const MOST_BY_TRANSACTION = 40
const RELOAD_LIMIT_MS = 60_000
/** Somebody else may write the configuration at the same time. */
const TRIES = 3

export interface AroundReload {
  gate: Gate
  /** All that can be done before the gate is held, so that `before` has little left to do. */
  ahead(): Promise<void>
  before(): Promise<void>
  /** Only when the new worker runs. */
  after(): Promise<void>
}

/** What takes a reload: backends and the front's own sections. */
export interface Structure {
  carryOut(plan: ConfigurationPlan, around: AroundReload, watch: Stopwatch): Promise<void>
}

export interface StructureOptions {
  dataPlane: DataPlane
  backendOf: BackendOf
  base(global: Section | undefined): Section[]
  /** What the file has to be told of servers with the plan. */
  movedBeside(plan: ConfigurationPlan): ReadonlyMap<string, Route>
  /** A worker runs with the plan, and with these servers of other backends. */
  done(plan: ConfigurationPlan, moved: ReadonlyMap<string, Route>, isBaseWritten: boolean): void
  refuse(backend: string, reason: string): void
}

export function createStructure(options: StructureOptions): Structure {
  const { dataPlane, backendOf, base, movedBeside, done, refuse } = options

  const byTransaction = (plan: ConfigurationPlan, around: AroundReload, watch: Stopwatch) =>
    holding(around.gate, async (enter) => {
      let moved: ReadonlyMap<string, Route> = new Map()
      await dataPlane.transaction(
        async (tx) => {
          moved = movedBeside(plan)
          for (const route of moved.values()) await tx.replaceBackend(backendOf(route))
          for (const route of plan.create) await tx.createBackend(backendOf(route))
          for (const route of plan.replace) await tx.replaceBackend(backendOf(route))
          for (const name of plan.remove) await tx.deleteBackend(name)
          watch.lap('transaction')
          await tx.checkAhead()
          watch.lap('check')
          await around.ahead()
          watch.lap('map files')
          await enter()
          await around.before()
          watch.lap('newest entries')
        },
        // Each call has the limit that is usual for it: one lost answer must not hold everything up.
        { reload: 'now' },
      )
      watch.lap('commit and reload')
      done(plan, moved, false)
      await around.after()
    })

  const byText = async (plan: ConfigurationPlan, around: AroundReload, watch: Stopwatch) => {
    await holding(around.gate, async (enter) => {
      for (let attempt = 1; ; attempt++) {
        const there = await dataPlane.raw()
        const moved = movedBeside(plan)
        const wanted = printConfiguration(assemble(parseConfiguration(there.text), plan, moved))
        watch.lap('text')
        await dataPlane.checkAhead(wanted)
        watch.lap('check')
        await around.ahead()
        watch.lap('map files')
        await enter()
        await around.before()
        watch.lap('newest entries')
        try {
          await dataPlane.pushRaw(wanted, { version: there.version, reload: 'now', timeoutMs: RELOAD_LIMIT_MS })
          watch.lap('reload')
          done(plan, moved, true)
          break
        } catch (error) {
          if (!isFault(error, 'conflict') || attempt === TRIES) throw error
        }
      }
      await around.after()
    })
  }

  const assemble = (there: Configuration, plan: ConfigurationPlan, moved: ReadonlyMap<string, Route>) =>
    assembleConfiguration(there, {
      base: base(there.sections.find(isGlobal)),
      made: [...plan.create, ...plan.replace].map(backendOf),
      removed: plan.remove,
      moved: [...moved.values()].map(backendOf),
    })

  const carryOut = async (plan: ConfigurationPlan, around: AroundReload, watch: Stopwatch): Promise<void> => {
    const size = structuralSize(plan) + movedBeside(plan).size
    const carry = plan.base || size > MOST_BY_TRANSACTION ? byText : byTransaction
    try {
      await carry(plan, around, watch)
    } catch (error) {
      // What HAProxy checked and then did not start with is the node's own trouble.
      if (!isFault(error, 'refused') || error.reloadFailed) throw error
      const rest = await withoutOffenders(plan, error)
      if (rest.base || structuralSize(rest) > 0) await carryOut(rest, around, watch)
    }
  }

  /** Remembers who is to blame; where it is nobody's backend, it is the node's own trouble. */
  const withoutOffenders = async (plan: ConfigurationPlan, error: DataPlaneError): Promise<ConfigurationPlan> => {
    const items = [...plan.create, ...plan.replace]
    const [only] = items
    // A 500 is the API's own trouble, and says nothing of what was asked.
    const isHaproxys = error.status !== 500
    const single = isHaproxys && items.length === 1 && only !== undefined && !plan.base && plan.remove.length === 0
    const refusal = await refusalBy(plan)
    // What is refused also without any of them is no fault of theirs: it may stand in somebody else's section.
    if ((await refusal([])) !== null) throw error
    const offenders = single ? new Map([[only, error.message]]) : await findOffenders(items, refusal)
    if (offenders.size === 0) throw error
    for (const [route, reason] of offenders) refuse(backendName(route), reason)
    const isGood = (route: Route) => !offenders.has(route)
    return { ...plan, create: plan.create.filter(isGood), replace: plan.replace.filter(isGood), servers: [], same: [] }
  }

  const refusalBy = async (plan: ConfigurationPlan) => {
    const there = parseConfiguration((await dataPlane.raw()).text)
    return async (some: readonly Route[]): Promise<string | null> => {
      const trial = { ...plan, create: some as Route[], replace: [], remove: [] }
      try {
        await dataPlane.validate(printConfiguration(assemble(there, trial, new Map())), { timeoutMs: RELOAD_LIMIT_MS })
        return null
      } catch (error) {
        if (isFault(error, 'refused')) return error.message
        throw error
      }
    }
  }

  return { carryOut }
}

/** Enters the gate when it is time, and leaves it whatever happens. */
async function holding(gate: Gate, work: (enter: () => Promise<void>) => Promise<void>): Promise<void> {
  let leave: (() => void) | undefined
  try {
    await work(async () => {
      leave ??= await gate.enter()
    })
  } finally {
    leave?.()
  }
}
