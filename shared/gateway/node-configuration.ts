import type { DataPlane } from '../dataplane/data-plane.ts'
import { DataPlaneError } from '../dataplane/data-plane-error.ts'
import type { Route, Target } from '../domain/route-record.ts'
import { transportStructure } from '../domain/transport.ts'
import {
  type Configuration,
  parseConfiguration,
  printBackend,
  printConfiguration,
  type Section,
  sameSection,
} from '../haproxy-text/index.ts'
import type { Gate } from '../lib/gate.ts'
import type { BackendOf } from './backend/backend-of.ts'
import { backendName, isOurBackend, routeIdOf } from './backend/names.ts'
import { isRestricted } from './backend/needs.ts'
import {
  type ConfigurationPlan,
  isEmptyPlan,
  planConfiguration,
  type Standing,
  structuralSize,
} from './configuration-plan.ts'
import { findOffenders } from './offenders.ts'
import type { RouteTable } from './route-table.ts'
import type { Stopwatch } from './stopwatch.ts'

/** A transaction reads the whole configuration at each of its steps, so many changes go as one text. */
const MOST_BY_TRANSACTION = 40
const RELOAD_LIMIT_MS = 60_000

export interface NodeConfiguration {
  /** Reads what the node's file says; names the sections that are not as they were left. */
  look(): Promise<string[]>
  plan(): ConfigurationPlan
  /**
   * Carries it out. Around a reload the gate is held, with the maps' files up to date: no entry is lost between two
   * workers. `standing` is told inside, before the gate opens.
   */
  carryOut(plan: ConfigurationPlan, around: AroundReload, watch: Stopwatch): Promise<void>
  /** What of these routes reaches the servers of a standing backend without a reload. The caller holds the gate. */
  updateServers(routes: readonly Route[]): Promise<void>
  /** The worker loaded the file as it is. */
  loaded(names: Iterable<string>): void
  /** What the front's own sections name has changed: they have to be written anew. */
  baseMoved(): void
  /** The worker does not have them, whatever the file says. */
  lost(names: Iterable<string>): void
  /**
   * Those that stand for the route: its own, and older ones that may serve in its place. A restriction is never lifted by
   * a change on its way; without one, no request goes where the route does not lead any more.
   */
  backendsOf(route: Route): readonly string[]
  stands(backend: string): boolean
  /** The route as its backend was left; null where that is not known. */
  standing(backend: string): Route | null
  refusalOf(backend: string): string | undefined
}

interface AroundReload {
  gate: Gate
  before(): Promise<void>
  /** Only when the new worker runs. */
  after(): Promise<void>
}

export interface NodeConfigurationOptions {
  dataPlane: DataPlane
  table: RouteTable
  backendOf: BackendOf
  /** The front's own sections for a node whose machine is described so. */
  base(global: Section | undefined): Section[]
}

export function nodeConfiguration({ dataPlane, table, backendOf, base }: NodeConfigurationOptions): NodeConfiguration {
  const standing = new Map<string, Route | null>()
  const byRoute = new Map<string, string[]>()
  const refused = new Map<string, string>()
  /** The file as it was read last; null since it was written. */
  let text: string | null = null
  let baseAltered = true

  const stand = (name: string, route: Route | null) => {
    standing.set(name, route)
    const names = byRoute.get(routeIdOf(name)) ?? []
    if (!names.includes(name)) byRoute.set(routeIdOf(name), [...names, name])
  }
  const fall = (name: string) => {
    standing.delete(name)
    const left = (byRoute.get(routeIdOf(name)) ?? []).filter((other) => other !== name)
    if (left.length > 0) byRoute.set(routeIdOf(name), left)
    else byRoute.delete(routeIdOf(name))
  }

  const done = ({ create, replace, remove, same }: ConfigurationPlan) => {
    text = null
    for (const route of [...create, ...replace, ...same]) stand(backendName(route), route)
    for (const name of remove) fall(name)
  }

  const byTransaction = (plan: ConfigurationPlan, around: AroundReload, watch: Stopwatch) =>
    holding(around.gate, async (enter) => {
      await dataPlane.transaction(
        async (tx) => {
          for (const route of plan.create) await tx.createBackend(backendOf(route))
          for (const route of plan.replace) await tx.replaceBackend(backendOf(route))
          for (const name of plan.remove) await tx.deleteBackend(name)
          watch.lap('transaction')
          await enter()
          await around.before()
          watch.lap('map files')
        },
        // Each call has the limit that is usual for it: one lost answer must not hold everything up.
        { reload: 'now' },
      )
      watch.lap('commit and reload')
      done(plan)
      await around.after()
    })

  const byText = async (plan: ConfigurationPlan, around: AroundReload, watch: Stopwatch) => {
    await holding(around.gate, async (enter) => {
      for (let attempt = 1; ; attempt++) {
        const there = await dataPlane.raw()
        const wanted = printConfiguration(assemble(parseConfiguration(there.text), plan))
        watch.lap('text')
        await enter()
        await around.before()
        watch.lap('map files')
        try {
          await dataPlane.pushRaw(wanted, { version: there.version, reload: 'now', timeoutMs: RELOAD_LIMIT_MS })
          break
        } catch (error) {
          if (!(error instanceof DataPlaneError && error.fault === 'conflict' && attempt < 3)) throw error
        }
      }
      watch.lap('reload')
      baseAltered = false
      done(plan)
      await around.after()
    })
  }

  /** Foreign sections keep every line and their order. */
  const assemble = ({ head, sections }: Configuration, plan: ConfigurationPlan): Configuration => {
    const own = base(sections.find(isGlobal))
    const written = new Set([...plan.create, ...plan.replace].map(backendName))
    const removed = new Set(plan.remove)
    const names = new Set(own.map(identity))
    const kept = sections.filter(
      (section) =>
        !names.has(identity(section)) &&
        !(section.kind === 'backend' && (written.has(section.name) || removed.has(section.name))),
    )
    const made = [...plan.create, ...plan.replace].map((route) => printBackend(backendOf(route)))
    const [global, rest] = [kept.filter(isGlobal), kept.filter((section) => !isGlobal(section))]
    return { head, sections: [...global, ...own, ...rest, ...made] }
  }

  const update = async ({ update: changes, same }: ConfigurationPlan): Promise<void> => {
    if (changes.length > 0) text = null
    for (const { server, route } of changes) {
      await dataPlane.replaceServer(backendName(route), server)
      stand(backendName(route), route)
    }
    for (const route of same) stand(backendName(route), route)
  }

  const planFor = (wanted: ReadonlyMap<string, Route>, there: Standing): ConfigurationPlan =>
    planConfiguration({
      backendOf,
      baseAltered,
      wanted,
      standing: there,
      current: table.currentBackend,
      isRefused: (name) => refused.has(name),
    })

  const carryOut = async (plan: ConfigurationPlan, around: AroundReload, watch: Stopwatch): Promise<void> => {
    if (plan.update.length + plan.same.length > 0) await around.gate.run(() => update(plan))
    if (plan.update.length > 0) watch.lap('servers')
    if (!plan.base && structuralSize(plan) === 0) return
    const carry = plan.base || structuralSize(plan) > MOST_BY_TRANSACTION ? byText : byTransaction
    try {
      await carry(plan, around, watch)
    } catch (error) {
      // What HAProxy checked and then did not start with is the node's own trouble.
      if (!(error instanceof DataPlaneError && error.fault === 'refused') || error.reloadFailed) throw error
      const rest = await withoutOffenders(plan, error)
      if (!isEmptyPlan(rest)) await carryOut(rest, around, watch)
    }
  }

  /** Remembers who is to blame; where it is nobody's backend, it is the node's own trouble. */
  const withoutOffenders = async (plan: ConfigurationPlan, error: DataPlaneError): Promise<ConfigurationPlan> => {
    const items = [...plan.create, ...plan.replace]
    const [only] = items
    const single = items.length === 1 && only !== undefined && !plan.base && plan.remove.length === 0
    const refusal = await refusalBy(plan)
    // What is refused also without any of them is no fault of theirs: it may stand in somebody else's section.
    if ((await refusal([])) !== null) throw error
    const offenders = single ? new Map([[only, error.message]]) : await findOffenders(items, refusal)
    if (offenders.size === 0) throw error
    for (const [route, reason] of offenders) refused.set(backendName(route), reason)
    const isGood = (route: Route) => !offenders.has(route)
    return { ...plan, create: plan.create.filter(isGood), replace: plan.replace.filter(isGood), update: [], same: [] }
  }

  const refusalBy = async (plan: ConfigurationPlan) => {
    const there = parseConfiguration((await dataPlane.raw()).text)
    return async (some: readonly Route[]): Promise<string | null> => {
      const trial = { ...plan, create: some as Route[], replace: [], remove: [] }
      try {
        await dataPlane.validate(printConfiguration(assemble(there, trial)), { timeoutMs: RELOAD_LIMIT_MS })
        return null
      } catch (error) {
        if (error instanceof DataPlaneError && error.fault === 'refused') return error.message
        throw error
      }
    }
  }

  return {
    async look() {
      const there = await dataPlane.raw()
      if (there.text === text) return []
      // Somebody else has changed it: HAProxy may think otherwise by now.
      if (text !== null) refused.clear()
      const { sections } = parseConfiguration(there.text)
      const altered = base(sections.find(isGlobal))
        .filter((own) => !sections.some((section) => identity(section) === identity(own) && sameSection(own, section)))
        .map(identity)
      baseAltered = altered.length > 0
      const found = new Set<string>()
      for (const section of sections) {
        if (section.kind !== 'backend' || !isOurBackend(section.name)) continue
        found.add(section.name)
        const route = table.backends.get(section.name)
        const isRight = route !== undefined && sameSection(printBackend(backendOf(route)), section)
        const known = standing.get(section.name)
        if (route !== undefined && !isRight && !(known && known !== route)) altered.push(identity(section))
        stand(section.name, isRight ? route : known && known !== route ? known : null)
      }
      for (const name of [...standing.keys()].filter((name) => !found.has(name))) {
        if (table.backends.has(name)) altered.push(`backend ${name}`)
        fall(name)
      }
      text = there.text
      return altered
    },

    plan: () => planFor(table.backends, standing),

    carryOut,

    async updateServers(routes) {
      const there = routes.flatMap((route) => {
        const known = standing.get(backendName(route))
        return known ? [[backendName(route), known] as const] : []
      })
      if (there.length === 0) return
      const wanted = new Map(
        there.flatMap(([name]) => {
          const route = table.backends.get(name)
          return route ? [[name, route] as const] : []
        }),
      )
      await update(planFor(wanted, new Map(there)))
    },

    loaded(names) {
      const running = new Set(names)
      for (const name of [...standing.keys()]) if (!running.has(name)) fall(name)
    },

    baseMoved() {
      baseAltered = true
    },

    lost(names) {
      for (const name of names) fall(name)
    },

    backendsOf(route) {
      const names = byRoute.get(route.id) ?? []
      if (isRestricted(route)) return names
      return names.filter((name) => name === backendName(route) || leadsToTheSame(standing.get(name), route))
    },
    stands: (backend) => standing.has(backend),
    standing: (backend) => standing.get(backend) ?? null,
    refusalOf: (backend) => refused.get(backend),
  }
}

const leadsToTheSame = (before: Route | null | undefined, route: Route): boolean =>
  !!before && !isRestricted(before) && JSON.stringify(wayOf(before)) === JSON.stringify(wayOf(route))

/** Also whom it must be: nobody stands in for a target that has to show who it is. */
const wayOf = (route: Route) => [route.targets.map(placeOfTarget), transportStructure(route)]

const placeOfTarget = ({ address, port, tls }: Target) => [address, port, tls]

const identity = ({ kind, name }: Section): string => `${kind} ${name}`
const isGlobal = ({ kind }: Section): boolean => kind === 'global'

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
