import type { DataPlane } from '../dataplane/data-plane.ts'
import { isFault } from '../dataplane/data-plane-error.ts'
import type { Backend } from '../dataplane/models.ts'
import type { Route, Target } from '../domain/route-record.ts'
import { transportStructure } from '../domain/transport.ts'
import {
  parseConfiguration,
  printBackend,
  printConfiguration,
  type Section,
  sameSection,
} from '../haproxy-text/index.ts'
import type { BackendOf } from './backend/backend-of.ts'
import { backendName, isOurBackend } from './backend/names.ts'
import { isRestricted } from './backend/needs.ts'
import { changeServers } from './change-servers.ts'
import { type ConfigurationPlan, planConfiguration, type Standing, structuralSize } from './configuration-plan.ts'
import { differsInServers, identity, isGlobal, moveServers } from './configuration-text.ts'
import type { RouteTable } from './route-table.ts'
import { createStandingBackends } from './standing-backends.ts'
import type { Stopwatch } from './stopwatch.ts'
import { type AroundReload, createStructure } from './structure.ts'

const WRITE_LIMIT_MS = 60_000
/** Backends whose servers change while everything else waits: some commands each. */
const MOST_AT_A_TIME = 100
/** Somebody else may write the configuration at the same time. */
const TRIES = 3

export interface NodeConfiguration {
  /** Reads what the node's file says; names the sections that are not as they were left. */
  look(): Promise<string[]>
  plan(): ConfigurationPlan
  /**
   * Carries it out. Around a reload the gate is held, with the maps' files up to date: no entry is lost between two
   * workers. `standing` is told inside, before the gate opens.
   */
  carryOut(plan: ConfigurationPlan, around: AroundReload, watch: Stopwatch): Promise<void>
  /**
   * What of these routes reaches the servers of a standing backend without a reload; says of how many backends. Of very
   * many it leaves some to the next plan. Those that the file is behind with are looked at again. The caller holds the gate.
   */
  updateServers(routes: readonly Route[]): Promise<number>
  /** Writes into the file what the worker has, without a reload. Not while a plan is carried out. */
  storeServers(): Promise<void>
  /** HAProxy does not take a change of its servers while it runs. */
  needsReload(backend: string, reason: string): void
  /** Why the backend waits for a reload, though it stands. */
  waitsFor(backend: string): string | null
  /** Why it was written by the last reload that did. */
  whyReloaded(backend: string): string | null
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
  /** It stands, and servers of it are still on their way. */
  isOnItsWay(backend: string): boolean
  /** Those that stand, each with the route as it was left; null where that is not known. */
  readonly standing: Standing
  refusalOf(backend: string): string | undefined
}

export interface NodeConfigurationOptions {
  dataPlane: DataPlane
  table: RouteTable
  backendOf: BackendOf
  /** The front's own sections for a node whose machine is described so. */
  base(global: Section | undefined): Section[]
  /** Servers of this backend were taken away. */
  onLeaving?: (backend: string) => void
}

export function nodeConfiguration(options: NodeConfigurationOptions): NodeConfiguration {
  const { dataPlane, table, backendOf, base, onLeaving = () => undefined } = options
  const backends = createStandingBackends()
  const { all: standing, stand, fall } = backends
  const refused = new Map<string, string>()
  /** The file as it was read last; null since it was written. */
  let text: string | null = null
  let baseAltered = true
  /** Backends whose servers HAProxy changes by a reload alone, and why. */
  const waiting = new Map<string, string>()
  const reloaded = new Map<string, string>()

  const done = (plan: ConfigurationPlan, moved: ReadonlyMap<string, Route>, isBaseWritten: boolean) => {
    const { create, replace, remove } = plan
    text = null
    if (isBaseWritten) baseAltered = false
    backends.loadedWith(moved)
    for (const route of [...create, ...replace]) stand(backendName(route), route)
    for (const name of remove) fall(name)
    for (const name of create.map(backendName)) reloaded.set(name, `its own backend ${name} was made`)
    for (const name of replace.map(backendName)) {
      reloaded.set(name, waiting.get(name) ?? `its own backend ${name} was written anew`)
    }
    for (const name of [...create, ...replace].map(backendName)) waiting.delete(name)
    for (const name of remove) reloaded.delete(name)
  }

  /** What the file has to be told with the plan, since the next worker begins with it. */
  const movedBeside = ({ create, replace, remove }: ConfigurationPlan): ReadonlyMap<string, Route> => {
    const told = new Set([...remove, ...[...create, ...replace].map(backendName)])
    return new Map([...backends.behind()].filter(([name]) => !told.has(name)))
  }

  const update = async ({ servers, same }: Pick<ConfigurationPlan, 'servers' | 'same'>): Promise<void> => {
    for (const route of same) backends.rename(backendName(route), route)
    if (servers.length === 0) return
    const refusals = await changeServers(dataPlane, servers)
    for (const { backend, route, changes } of servers) {
      const reason = refusals.get(backend)
      if (reason !== undefined) waiting.set(backend, reason)
      else backends.move(backend, route)
      if (changes.some(({ kind }) => kind === 'remove')) onLeaving(backend)
    }
  }

  /** Whether the file says of it what it should, or what it was left with. */
  const compareBackend = (section: Section, route: Route | undefined): boolean => {
    const wanted: Backend | undefined = route && backendOf(route)
    const isRight = wanted !== undefined && sameSection(printBackend(wanted), section)
    const known = standing.get(section.name)
    const isOnItsWay = known !== undefined && known !== null && known !== route
    const isRightButForServers = !isRight && !isOnItsWay && wanted !== undefined && differsInServers(section, wanted)
    stand(section.name, isRight || isRightButForServers ? (route ?? null) : isOnItsWay ? known : null)
    if (isRightButForServers) backends.fileDiffers(section.name)
    return isRight || isOnItsWay || route === undefined
  }

  const structure = createStructure({
    dataPlane,
    backendOf,
    base,
    movedBeside,
    done,
    refuse: (name, reason) => refused.set(name, reason),
  })

  const planFor = (wanted: ReadonlyMap<string, Route>, there: Standing): ConfigurationPlan =>
    planConfiguration({
      backendOf,
      baseAltered,
      wanted,
      standing: there,
      current: table.currentBackend,
      isRefused: (name) => refused.has(name),
      needsReload: (name) => waiting.has(name),
    })

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
        if (!backends.isBehind(section.name) && !compareBackend(section, route)) altered.push(identity(section))
      }
      for (const name of [...standing.keys()].filter((name) => !found.has(name))) {
        if (table.backends.has(name)) altered.push(`backend ${name}`)
        fall(name)
      }
      text = there.text
      return altered
    },

    plan: () => planFor(table.backends, standing),

    async carryOut(plan, around, watch) {
      if (plan.same.length > 0) await around.gate.run(() => update({ ...plan, servers: [] }))
      for (let done = 0; done < plan.servers.length; done += MOST_AT_A_TIME) {
        const servers = plan.servers.slice(done, done + MOST_AT_A_TIME)
        await around.gate.run(() => update({ servers, same: [] }))
      }
      if (plan.servers.length > 0) watch.lap('servers')
      if (plan.base || structuralSize(plan) > 0) await structure.carryOut(plan, around, watch)
    },

    async updateServers(routes) {
      const names = new Set([...routes.map(backendName), ...backends.uncertain()])
      const there = [...names].flatMap((name) => {
        const known = standing.get(name)
        return known ? [[name, known] as const] : []
      })
      if (there.length === 0) return 0
      const wanted = new Map(
        there.flatMap(([name]) => {
          const route = table.backends.get(name)
          return route ? [[name, route] as const] : []
        }),
      )
      const plan = planFor(wanted, new Map(there))
      await update({ ...plan, servers: plan.servers.slice(0, MOST_AT_A_TIME) })
      return plan.servers.length
    },

    async storeServers() {
      for (let attempt = 1; backends.behind().size > 0; attempt++) {
        const moved = backends.behind()
        const there = await dataPlane.raw()
        const wanted = moveServers(parseConfiguration(there.text), [...moved.values()].map(backendOf))
        try {
          const push = { version: there.version, reload: 'never' as const, timeoutMs: WRITE_LIMIT_MS }
          await dataPlane.pushRaw(printConfiguration(wanted), push)
          text = null
          return backends.written(moved)
        } catch (error) {
          if (!isFault(error, 'conflict') || attempt === TRIES) throw error
        }
      }
    },

    needsReload(name, reason) {
      waiting.set(name, reason)
    },
    waitsFor: (name) => waiting.get(name) ?? null,
    whyReloaded: (name) => reloaded.get(name) ?? null,

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
      const names = backends.ofRoute(route.id)
      if (isRestricted(route)) return names
      return names.filter((name) => name === backendName(route) || leadsToTheSame(standing.get(name), route))
    },
    stands: (backend) => standing.has(backend),
    isOnItsWay(backend) {
      const left = standing.get(backend)
      return waiting.has(backend) || (!!left && left !== table.backends.get(backend))
    },
    standing,
    refusalOf: (backend) => refused.get(backend),
  }
}

const leadsToTheSame = (before: Route | null | undefined, route: Route): boolean =>
  !!before && !isRestricted(before) && JSON.stringify(wayOf(before)) === JSON.stringify(wayOf(route))

/** Also whom it must be: nobody stands in for a target that has to show who it is. */
const wayOf = (route: Route) => [route.targets.map(placeOfTarget), transportStructure(route)]

const placeOfTarget = ({ address, port, tls }: Target) => [address, port, tls]
