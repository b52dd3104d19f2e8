import { createHash } from 'node:crypto'
import { join } from 'node:path'
import type { Log } from '../../shared/log/log.ts'
import type { App } from '../config/app.ts'
import type { Upstream } from '../config/upstream.ts'
import { createDocker } from '../containers/docker.ts'
import { type AppLog, createAppLog } from './app-log.ts'
import { upstreamOfTarget } from './external.ts'
import { openLedger } from './ledger.ts'
import { type AppReport, reportOfExternal } from './report.ts'
import { createContainerRunner } from './run/container-runner.ts'
import { createProcessRunner } from './run/process-runner.ts'
import type { Leftover } from './run/runner.ts'
import { createRunners } from './run/runners.ts'
import { createSupervisedApp, type Outcome, type SupervisedApp } from './supervised-app.ts'

export type { AppReport } from './report.ts'

export interface AppsOptions {
  /** Commands run in it, unless they say otherwise. */
  folder: string
  /** A folder below it for each app. */
  logs: string
  /** Where it is written down what runs, for the next agent when this one is killed. */
  running: string
  /** Docker's socket. */
  docker?: string | undefined
  log: Log
  /** Where an app answers has changed: ask `upstreamOf` again. When it has come back, requests go there. */
  moved(): void | Promise<void>
  /** When nothing runs there any more, or the signal is aborted. */
  drained(upstream: Upstream, signal: AbortSignal): Promise<void>
  now?: () => number
  random?: () => number
}

/** The apps that the agent runs: processes and containers, each supervised. */
export interface Apps {
  /** Starts, replaces and stops until what runs is what is wanted. Comes back at once; what fails is tried again. */
  apply(apps: App[]): void
  /** The same version anew, and what became of that. `null`: the agent does not run an app of this name. */
  redeploy(name: string): Promise<Outcome> | null
  /** null: it does not run, or is not known. Of an app with `target` that. */
  upstreamOf(name: string): Upstream | null
  report(): AppReport[]
  stop(): Promise<void>
}

const ROTATE_MS = 5_000
const DOCKER_SOCKET = '/var/run/docker.sock'

/** The same for each start of this agent, and another one for each other agent. */
const ownerOf = (path: string): string => createHash('sha256').update(path).digest('hex').slice(0, 16)

export const logOfApp = (logs: string, name: string): string => join(logs, name, 'app.log')

export function createApps(options: AppsOptions): Apps {
  const { folder, logs, running, log, moved, drained, now = Date.now, random = Math.random } = options
  const logFor = (name: string) => createAppLog({ path: logOfApp(logs, name), now })
  const runner = createRunners({
    processes: createProcessRunner({ folder, ledger: openLedger(running) }),
    containers: createContainerRunner({
      docker: createDocker(options.docker ?? DOCKER_SOCKET),
      owner: ownerOf(running),
      logOf: logFor,
    }),
  })
  const supervised = new Map<string, SupervisedApp>()
  const appLogs = new Map<string, AppLog>()
  const ending = new Set<Promise<void>>()
  let all: App[] = []
  let stopped = false
  let applying: Promise<void> = Promise.resolve()
  let leftovers: Leftover[] | null = null

  const create = (app: App) => {
    const appLog = logFor(app.name)
    const leftover = takeLeftover(app.name)
    appLogs.set(app.name, appLog)
    supervised.set(app.name, createSupervisedApp({ app, runner, appLog, log, leftover, moved, drained, now, random }))
  }
  /** The one that served: it is older than what was about to take its place. */
  const takeLeftover = (name: string) => {
    const found = leftovers?.find(({ app }) => app === name) ?? null
    leftovers = leftovers?.filter((each) => each !== found) ?? null
    return found
  }
  const end = (work: Promise<void>) => {
    const ended = work.catch((error) => log.error('an app could not be stopped', { error }))
    ending.add(ended)
    void ended.finally(() => ending.delete(ended))
    return ended
  }
  const bring = async () => {
    leftovers ??= await runner.leftovers()
    if (stopped) return
    const own = new Map(all.filter(({ target }) => target === undefined).map((app) => [app.name, app]))
    for (const [name, app] of supervised) {
      if (own.has(name)) continue
      supervised.delete(name)
      appLogs.delete(name)
      // Requests end first; the same name may come back before it has ended.
      void end(Promise.resolve(moved()).then(() => app.stop()))
    }
    for (const app of own.values()) {
      const known = supervised.get(app.name)
      if (known) known.want(app)
      else create(app)
    }
    for (const { running: left } of leftovers) void end(left.stop(10_000))
    leftovers = []
    await moved()
  }
  const rotating = setInterval(() => {
    for (const appLog of appLogs.values()) appLog.rotateIfDue()
  }, ROTATE_MS)
  rotating.unref()
  return {
    apply(apps) {
      all = apps
      applying = applying.then(bring).catch((error) => log.error('the apps could not be started', { error }))
    },
    redeploy: (name) => supervised.get(name)?.redeploy() ?? null,
    upstreamOf(name) {
      const external = upstreamOfTarget(all.find((app) => app.name === name))
      return external ?? supervised.get(name)?.upstream() ?? null
    },
    report: () =>
      all.map(({ name, target }) =>
        target === undefined
          ? (supervised.get(name)?.report() ?? { ...reportOfExternal(name), state: 'starting' })
          : reportOfExternal(name),
      ),
    async stop() {
      stopped = true
      clearInterval(rotating)
      await applying
      for (const app of supervised.values()) void end(app.stop())
      for (const { running: left } of leftovers ?? []) void end(left.stop(10_000))
      await Promise.all(ending)
    },
  }
}
