import { rmSync } from 'node:fs'
import type { Hono } from 'hono'
import { folderLock } from '../../shared/lib/node-folder-lock.ts'
import type { Log } from '../../shared/log/log.ts'
import { aboutRoutes } from './api/about.ts'
import { createApp } from './api/app.ts'
import { backendRoutes } from './api/backends.ts'
import type { Context } from './api/context.ts'
import { crtListRoutes } from './api/crt-lists.ts'
import { rawRoutes } from './api/raw.ts'
import { runtimeCertificateRoutes } from './api/runtime-certificates.ts'
import { runtimeInfoRoutes } from './api/runtime-info.ts'
import { runtimeMapRoutes } from './api/runtime-maps.ts'
import { runtimeServerRoutes } from './api/runtime-servers.ts'
import { runtimeTrustRoutes } from './api/runtime-trust.ts'
import { serverRoutes } from './api/servers.ts'
import { sessionRoutes } from './api/sessions.ts'
import { stapleRoutes } from './api/staples.ts'
import { statsRoutes } from './api/stats.ts'
import { stickTableRoutes } from './api/stick-tables.ts'
import { storedCertificateRoutes } from './api/stored-certificates.ts'
import { storedGeneralRoutes } from './api/stored-general.ts'
import { storedMapRoutes } from './api/stored-maps.ts'
import { transactionRoutes } from './api/transactions.ts'
import { type Credentials, createAuth } from './auth.ts'
import { openConfigurationStore } from './configuration-store.ts'
import { createEngine, type Engine } from './engine.ts'
import { firstConfiguration } from './first-configuration.ts'
import { makePaths, type Paths } from './paths.ts'
import { followRing, type RingFollowing } from './process/follow-ring.ts'
import { createLogFile } from './process/log-file.ts'
import type { RingReader } from './process/read-ring.ts'
import { reloadMaster } from './process/reload.ts'
import { createRuntime } from './process/runtime.ts'
import { createSupervisor } from './process/supervisor.ts'
import { createReloads } from './reloads.ts'
import { createRuntimeMaps } from './runtime-maps.ts'
import { StartRefusal } from './start-refusal.ts'
import { createTransactions } from './transactions.ts'

export interface DataPlaneServerOptions {
  /** Everything is kept there: one data plane a folder. */
  folder: string
  log: Log
  /** The program. Default: `haproxy` on the PATH. */
  haproxy?: string
  /** Default: none, for calls within the process. */
  auth?: Credentials | null
  /** Before every start of HAProxy: brings the files up to date that it will read. */
  beforeStart?: () => Promise<void>
  /** How long changes wait for each other before they are loaded together. Default 1000. */
  reloadDelayMs?: number
  /** The first wait before HAProxy is started again. Default 100. */
  restartDelayMs?: number
  /** Each line that HAProxy writes into this ring, also before and after a reload. */
  ring?: RingReader & { name: string }
  /** What HAProxy runs where there is no configuration yet. Default: nothing but its own sockets. */
  firstConfiguration?: (paths: Paths) => string
  now?: () => number
}

export interface DataPlaneServer {
  app: Hono
  paths: Paths
  /** Adopts the HAProxy that runs there, or starts one, unless `mayStart` throws; comes back when it answers. */
  start(mayStart?: () => Promise<void>): Promise<{ adopted: boolean }>
  /** The process id of HAProxy's master; null while there is none. */
  readonly pid: number | null
  /** How often it had to be started again. */
  readonly restarts: number
  stop(options: { keepHaproxy: boolean }): Promise<void>
}

/** Serves the calls of HAProxy's Data Plane API over a HAProxy of this machine, which it starts and looks after. */
export async function createDataPlaneServer(options: DataPlaneServerOptions): Promise<DataPlaneServer> {
  const { folder, log, haproxy = 'haproxy', reloadDelayMs = 1000, restartDelayMs = 100, now = Date.now } = options
  const { beforeStart = async () => undefined } = options
  const { paths, user } = makePaths(folder)
  const lock = lockFolder(paths)
  const first = options.firstConfiguration?.(paths) ?? firstConfiguration(paths, user)
  const store = await openConfigurationStore(paths, haproxy, first).catch((error) => {
    lock.release()
    throw error
  })
  const logFile = createLogFile(paths.log)
  const runtime = createRuntime({ masterSocket: paths.masterSocket, workerSocket: paths.statsSocket })
  const transactions = createTransactions()

  let keeping: Promise<void> = Promise.resolve()
  const isGone = () => supervisor.pid === null
  const load = async () => {
    const result = await runtime.exclusively(async () => {
      const reloaded = await reloadMaster({ socket: paths.masterSocket, runtime, logFile, isGone })
      runtime.close()
      following?.look()
      return reloaded
    })
    // Whoever waits for the reload need not wait for the disk: without the file the next start loads once more.
    if (result.ok) keeping = store.markGood().catch((error) => log.error('what HAProxy runs was not kept', { error }))
    // One that was killed meanwhile did not refuse anything.
    else if (!isGone() && (await store.rollBack())) transactions.outdate(store.version)
    return result
  }
  const onError = (error: Error) => log.error('a reload failed', { error })
  let following: RingFollowing | undefined
  const turns: { engine?: Engine } = {}
  const inTurn = (work: () => Promise<unknown>) => turns.engine?.inTurn(work) ?? work()
  const reloads = createReloads({ perform: load, inTurn, delayMs: reloadDelayMs, now, onError })
  const engine = createEngine({ store, transactions, reloads })
  turns.engine = engine
  const fallBack = async () => {
    const changed = await store.rollBack()
    if (changed) transactions.outdate(store.version)
    return changed
  }
  const supervisor = createSupervisor({
    ...{ paths, haproxy, runtime, logFile, log, beforeStart, fallBack, restartDelayMs },
    started: () => store.markGood(),
  })
  let stopped = false
  const context: Context = {
    ...{ paths, store, engine, transactions, reloads, runtime, log },
    isUp: () => supervisor.pid !== null,
  }
  const app = createApp({
    routes: routesOf(context),
    auth: options.auth ? createAuth(options.auth) : null,
    versionFor: (query) => {
      const id = query.get('transaction_id')
      const transaction = id === null ? null : transactions.find(id)
      return id === null ? store.version : transaction?.status === 'in_progress' ? transaction.base : 0
    },
    log,
  })
  return {
    app,
    paths,
    get pid() {
      return supervisor.pid
    },
    get restarts() {
      return supervisor.restarts
    },
    async start(mayStart) {
      const { adopted } = await supervisor.start(mayStart)
      if (options.ring) following = follow(paths, options.ring)
      // Whoever ran before may have died between writing and loading.
      if (adopted && !store.isGood()) await engine.reload('now').catch((error: Error) => log.error(error.message))
      return { adopted }
    },
    async stop({ keepHaproxy }) {
      if (stopped) return
      stopped = true
      reloads.stop()
      following?.stop()
      await engine.inTurn(async () => undefined)
      await keeping
      await supervisor.stop({ keepHaproxy })
      runtime.close()
      if (!keepHaproxy) rmSync(paths.run, { recursive: true, force: true })
      lock.release()
    },
  }
}

const follow = (
  { statsSocket, masterSocket }: Paths,
  { name, ...reader }: NonNullable<DataPlaneServerOptions['ring']>,
) => followRing({ socket: statsSocket, masterSocket, ring: name, ...reader })

function lockFolder({ folder, lock }: Paths) {
  try {
    return folderLock(lock, `${folder} is in use by another data plane: stop that one, or use another folder`)
  } catch (cause) {
    throw new StartRefusal((cause as Error).message, cause)
  }
}

function routesOf(context: Context) {
  const { runtime, paths } = context
  return [
    ...aboutRoutes(context),
    ...rawRoutes(context),
    ...transactionRoutes(context),
    ...backendRoutes(context),
    ...serverRoutes(context),
    ...runtimeInfoRoutes(runtime, paths.masterSocket),
    ...runtimeMapRoutes(createRuntimeMaps(runtime, paths)),
    ...runtimeServerRoutes(runtime),
    ...stickTableRoutes(runtime),
    ...crtListRoutes(context),
    ...runtimeCertificateRoutes(context),
    ...sessionRoutes(runtime),
    ...storedMapRoutes(context),
    ...storedCertificateRoutes(context),
    ...stapleRoutes(context),
    ...storedGeneralRoutes(context),
    ...runtimeTrustRoutes(context),
    ...statsRoutes(runtime, paths.masterSocket),
  ]
}
