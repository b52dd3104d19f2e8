import type { DataPlane } from '../dataplane/data-plane.ts'
import { DataPlaneError } from '../dataplane/data-plane-error.ts'
import type { ProcessInfo } from '../dataplane/models.ts'
import type { Route } from '../domain/route-record.ts'
import type { Section } from '../haproxy-text/index.ts'
import { sleep } from '../lib/sleep.ts'
import type { Log } from '../log/log.ts'
import { backendName, isOurBackend, isRestricted, needsBackend } from './backend-of.ts'
import { type ConfigurationPlan, structuralSize } from './configuration-plan.ts'
import { desiredMaps, type FixedMaps } from './desired-maps.ts'
import { entryValue, type Place, placeOf } from './entries.ts'
import { createGate } from './gate.ts'
import type { NodeState, RouteStatus, Step } from './gateway.ts'
import { sizeOf } from './map-diff.ts'
import { type CertificateFile, folderOf, nodeCertificates } from './node-certificates.ts'
import { nodeConfiguration } from './node-configuration.ts'
import { nodeMaps } from './node-maps.ts'
import { nodeServers } from './node-servers.ts'
import { createPace } from './pace.ts'
import { createRepairs } from './repairs.ts'
import type { RouteTable } from './route-table.ts'
import { startStopwatch } from './stopwatch.ts'

/** Where things lie on a node: what its configuration has to name. */
export interface NodeFacts {
  maps: string
  certificates: string
  /** Its own section of the configuration, which is not the front's. */
  global: Section | undefined
}

export interface NodeOptions {
  name: string
  dataPlane: DataPlane
  table: RouteTable
  fixed: () => FixedMaps
  /** The front's own sections for such a node. */
  base: (facts: NodeFacts) => Section[]
  certificates: () => Promise<CertificateFile[]>
  log: Log
  now: () => number
  settleIntervalMs: number
}

/** One HAProxy, brought to what was accepted and kept there. */
export interface GatewayNode {
  readonly name: string
  /** Brings the entries of these places to the worker; false when the node cannot be reached. */
  write(places: Place[], routes: Route[]): Promise<boolean>
  /** Ends the live connections of routes that are gone. */
  close(routes: Route[]): Promise<void>
  /** Backends are made and removed soon; this does not wait for it. */
  settle(): void
  /** Resolves after each settling and each pass. */
  progress(signal: AbortSignal): Promise<void>
  /** Writes the maps' files, for an HAProxy that is about to start. */
  storeMaps(): Promise<void>
  /** Compares everything with what the node has, and mends it. */
  pass(): Promise<void>
  status(route: Route): { status: RouteStatus; reason: string | null } | null
  readonly lastSteps: Step[]
  readonly state: NodeState
  readonly online: boolean
  stop(): Promise<void>
}

/** Up to this size everything is compared in each pass, above it once a minute. */
const SMALL = 10_000
/** The figures of a server are long. */
const FEW_BACKENDS = 1_000
const FULL_COMPARISON_MS = 60_000
/** A write that waits longer is answered as pending: it reaches the node by itself later. */
const WRITE_PATIENCE_MS = 5_000
/** Backends that nobody uses go with the next reload that is needed anyway, or alone after this time. */
const REMOVALS_WAIT_MS = 15_000
/** The files of the maps are written so often at most, and seldomer where that takes long. */
const STORE_PAUSE_MS = 1_000
const STORE_SHARE_OF_TIME = 20

export function createNode(options: NodeOptions): GatewayNode {
  const { name, dataPlane, table, log, now } = options
  const gate = createGate()
  const pace = createPace(options.settleIntervalMs, now)
  const repairs = createRepairs({ node: name, log, now })
  const stopping = new AbortController()
  const certificates = nodeCertificates(dataPlane, options.certificates)
  let mapsFolder: string | null = null
  const configuration = nodeConfiguration({
    dataPlane,
    table,
    base: (global) => options.base({ maps: mapsFolder ?? '', certificates: certificates.folder ?? '', global }),
  })
  const desired = desiredMaps(table, options.fixed, configuration.backendsOf)
  const maps = nodeMaps(dataPlane, desired)
  const servers = nodeServers(dataPlane, configuration.standing)

  let [online, complete] = [false, false]
  let worker: ProcessInfo | null = null
  let dataPlaneVersion: string | null = null
  let lastError: string | null = null
  let [appliedRevision, behindSinceMs] = [0, now()]
  let [comparedAtMs, unusedSinceMs] = [Number.NEGATIVE_INFINITY, 0]
  let lastSteps: Step[] = []
  let [settling, passing]: [Promise<void> | null, Promise<void> | null] = [null, null]
  let [storing, storePauseMs]: [Promise<void> | null, number] = [null, STORE_PAUSE_MS]
  let bell = Promise.withResolvers<void>()

  const ring = () => {
    bell.resolve()
    bell = Promise.withResolvers()
  }

  const failed = (error: unknown, doing: string) => {
    const message = error instanceof Error ? error.message : String(error)
    if (message !== lastError) log.error(`Could not ${doing} on ${name}: ${message}`, { node: name })
    lastError = message
    comparedAtMs = Number.NEGATIVE_INFINITY
    if (error instanceof DataPlaneError && error.fault !== 'refused') {
      online = false
      maps.forget()
      // Who answers next may keep its files elsewhere.
      mapsFolder = null
    }
    ring()
  }

  /** All that a reload is wrapped in: the next worker must start with everything that this one has. */
  const aroundReload = (plan: ConfigurationPlan) => ({
    gate,
    before: () => maps.storeChanged(),
    async after() {
      worker = await dataPlane.processInfo()
      const made = [...plan.create, ...plan.replace]
      // What has changed since the plan was made.
      await configuration.updateServers(made)
      await maps.write(made.map(placeOf))
    },
  })

  const carryOut = async (plan: ConfigurationPlan): Promise<void> => {
    const watch = startStopwatch()
    const startedMs = now()
    const needsReload = plan.base || structuralSize(plan) > 0
    await configuration.carryOut(plan, aroundReload(plan), watch)
    if (needsReload) {
      pace.reloaded(now() - startedMs, worker?.old_workers ?? 0)
      lastSteps = watch.steps
      log.info(`Settled on ${name}`, { node: name, ...countsOf(plan), steps: watch.steps })
    }
  }

  const settleLoop = async (): Promise<void> => {
    while (online && !stopping.signal.aborted) {
      const plan = configuration.plan()
      if (plan.create.length + plan.replace.length + plan.update.length + plan.same.length === 0) {
        if (plan.remove.length > 0) unusedSinceMs ||= now()
        break
      }
      if (plan.create.length + plan.replace.length > 0) await sleep(pace.waitMs(), stopping.signal)
      await carryOut(configuration.plan())
      ring()
    }
    storeSoon()
  }

  /**
   * The files matter to the next worker alone. Before a reload they are brought up to date anyway, so between reloads
   * they follow at leisure, and no write of a route waits for them.
   */
  const storeSoon = () => {
    storing ??= sleep(storePauseMs, stopping.signal)
      .then(storeNow)
      .catch((error) => failed(error, 'write the files of the maps'))
      .finally(() => {
        storing = null
      })
  }

  const storeNow = async () => {
    if (!online || !maps.known) return
    const startedMs = now()
    await maps.storeChanged()
    storePauseMs = Math.max(STORE_PAUSE_MS, STORE_SHARE_OF_TIME * (now() - startedMs))
  }

  const passOnce = async (): Promise<void> => {
    dataPlaneVersion ??= (await dataPlane.info()).version
    // Not while a reload of our own replaces the worker.
    const [before, current] = await gate.run(async () => [worker, await dataPlane.processInfo()] as const)
    const restarted = before !== null && (current.pid !== before.pid || current.uptime < before.uptime)
    worker = current
    if (restarted) maps.forget()
    const why = restarted
      ? `HAProxy was restarted (process ${before?.pid} is ${current.pid} now)`
      : 'changed from outside'
    const report = (what: string[], reason = why) => complete && repairs.add(what, reason)

    const { stored, needsReload } = await certificates.mend()
    report(
      stored.map((file) => `certificate ${file}`),
      'missing, or renewed',
    )
    mapsFolder ??= await foldersOfMaps()
    report(await gate.run(configuration.look))
    if (restarted || !complete) configuration.loaded(await namesOfRunningBackends())
    const plan = configuration.plan()
    if (plan.base || needsReload) await carryOut({ ...plan, base: true })

    const isDue = now() - comparedAtMs >= FULL_COMPARISON_MS
    if (isDue || table.backends.size <= FEW_BACKENDS) report(await gate.run(servers.mend))
    if (isDue || maps.size <= SMALL || !(await maps.seemsRight())) {
      const revision = table.revision
      const wrong = await gate.run(maps.mend)
      report(wrong.map(({ map, diff }) => `${sizeOf(diff)} entries of ${map}`))
      report((await gate.run(maps.store)).map((map) => `file of ${map}`))
      comparedAtMs = now()
      appliedRevision = Math.max(appliedRevision, revision)
    }
    ;[online, complete, lastError] = [true, true, null]
    if (unusedSinceMs > 0 && now() - unusedSinceMs > REMOVALS_WAIT_MS) await removeUnused()
  }

  const removeUnused = async () => {
    unusedSinceMs = 0
    const plan = configuration.plan()
    if (plan.remove.length > 0) await carryOut(plan)
  }

  const foldersOfMaps = async (): Promise<string> => {
    await gate.run(maps.store)
    const file = (await dataPlane.storedMaps()).find(({ storage_name }) => storage_name === 'hosts.map')
    if (!file) throw new DataPlaneError('unreachable', `${name} does not keep the maps that it is given`)
    return folderOf(file.file)
  }

  const namesOfRunningBackends = async (): Promise<string[]> =>
    (await dataPlane.stats({ type: 'backend' })).map((stat) => stat.name).filter(isOurBackend)

  return {
    name,
    async write(places, routes) {
      if (!online) return false
      const revision = table.revision
      const written = gate.run(async () => {
        await maps.write(places)
        await configuration.updateServers(routes)
      })
      try {
        await within(WRITE_PATIENCE_MS, written)
        appliedRevision = Math.max(appliedRevision, revision)
        behindSinceMs = now()
        return true
      } catch (error) {
        written.catch(() => undefined)
        failed(error, 'write a route')
        return false
      }
    },

    async close(routes) {
      // What other routes lead to as well has their connections too; a backend of its own is closed below.
      const targets = routes
        .flatMap((route) => route.targets.map(({ address, port }) => ({ address, port })))
        .filter((target) => !table.leadsTo(target))
      try {
        if (targets.length > 0) await dataPlane.closeConnections(targets)
        for (const backend of routes.map(backendName).filter(configuration.stands)) {
          for (const server of await dataPlane.runtimeServers(backend)) {
            await dataPlane.setRuntimeServer(backend, server.name, { admin_state: 'maint' })
          }
        }
      } catch (error) {
        failed(error, 'close the connections of a route')
      }
    },

    settle() {
      if (settling || !online) return
      settling = settleLoop()
        .catch((error) => failed(error, 'settle'))
        .finally(() => {
          settling = null
          ring()
        })
    },

    async storeMaps() {
      await maps.store()
    },

    progress: (signal) => either(bell.promise, signal),

    pass() {
      passing ??= passOnce()
        .catch((error) => failed(error, 'compare'))
        .finally(() => {
          passing = null
          if (online) this.settle()
          ring()
        })
      return passing
    },

    status(route) {
      if (!online) return null
      const backend = backendName(route)
      const reason = configuration.refusalOf(backend) ?? null
      if (reason !== null) return { status: 'failed', reason }
      if (!maps.holds(placeOf(route), entryValue(route, configuration.backendsOf))) return { status: 'pending', reason }
      if (!needsBackend(route)) return { status: 'live', reason }
      if (configuration.stands(backend)) return { status: servers.isDegraded(backend) ? 'degraded' : 'settled', reason }
      return { status: isRestricted(route) ? 'pending' : 'live', reason }
    },

    get lastSteps() {
      return lastSteps
    },
    get online() {
      return online
    },
    get state() {
      return {
        name,
        url: dataPlane.url,
        reachable: online,
        haproxyVersion: worker?.version ?? null,
        dataPlaneVersion,
        appliedRevision,
        lagMs: appliedRevision >= table.revision ? 0 : now() - behindSinceMs,
        reloads: pace.reloads,
        lastReloadAt: pace.lastReloadAtMs === null ? null : new Date(pace.lastReloadAtMs).toISOString(),
        lastError,
        repairs: repairs.count,
        lastRepair: repairs.last,
      }
    },

    async stop() {
      stopping.abort()
      await Promise.all([settling, passing, storing])
    },
  }
}

const countsOf = ({ base, create, replace, remove }: ConfigurationPlan) => ({
  base,
  made: create.length,
  replaced: replace.length,
  removed: remove.length,
})

/** What takes longer goes on, but nobody waits for it. */
async function within<T>(ms: number, work: Promise<T>): Promise<T> {
  const over = new AbortController()
  const late = sleep(ms, over.signal).then(() => {
    throw new DataPlaneError('unreachable', `no answer within ${ms} ms`)
  })
  try {
    return await Promise.race([work, late])
  } finally {
    late.catch(() => undefined)
    over.abort()
  }
}

/** Leaves nothing behind on a signal that lives for long. */
const either = (rung: Promise<void>, signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    const done = () => {
      signal.removeEventListener('abort', done)
      resolve()
    }
    signal.addEventListener('abort', done, { once: true })
    if (signal.aborted) done()
    void rung.then(done)
  })
