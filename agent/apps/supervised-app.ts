import { sleep } from '../../shared/lib/sleep.ts'
import type { Log } from '../../shared/log/log.ts'
import type { App } from '../config/app.ts'
import type { Upstream } from '../config/upstream.ts'
import type { AppLog } from './app-log.ts'
import { becomesHealthy, localUpstream } from './becomes-healthy.ts'
import { createInstance, type Instance } from './instance.ts'
import { type AppReport, reportOf } from './report.ts'
import type { Leftover, Runner, Running } from './run/runner.ts'
import { versionOf } from './version.ts'

export interface SupervisedAppOptions {
  app: App
  runner: Runner
  appLog: AppLog
  log: Log
  /** What an earlier agent left of it. */
  leftover: Leftover | null
  /** When this has come back, requests go where `upstream` says. */
  moved(): void | Promise<void>
  /** When nothing runs there any more, or the signal is aborted. */
  drained(upstream: Upstream, signal: AbortSignal): Promise<void>
  now: () => number
  random: () => number
}

/** One app that is kept running, and brought from version to version without losing a request. */
/** `null`: it serves. Otherwise why it does not, in words. */
export type Outcome = string | null

export interface SupervisedApp {
  want(app: App): void
  /** The same version anew: what it is made of has changed. Comes back when it serves, or is not expected to any more. */
  redeploy(): Promise<Outcome>
  upstream(): Upstream | null
  report(): AppReport
  stop(): Promise<void>
}

export function createSupervisedApp(options: SupervisedAppOptions): SupervisedApp {
  const { runner, appLog, log, leftover, moved, drained, now, random } = options
  const stopping = new AbortController()
  let wanted = options.app
  let redeploys = 0
  let current: Instance | null = null
  /** The run of it that was seen to be healthy. */
  let healthy: Running | null = leftover?.running ?? null
  let trying: Instance | null = null
  let inTheWay: string | null = null
  let givenUp: { version: string; reason: string } | null = null
  let aim = ''
  let superseded = new AbortController()
  let converging: Promise<void> | null = null
  let outcome = Promise.withResolvers<Outcome>()

  const serving = () => (healthy !== null && current?.running() === healthy ? healthy : null)
  const wantedVersion = () => `${versionOf(wanted)}/${redeploys}`
  const isDone = () =>
    stopping.signal.aborted || [current?.version, givenUp?.version].some((version) => version === wantedVersion())
  const told = (reason: string) => {
    inTheWay = reason
  }
  const tell = (sentence: string) => {
    appLog.note(sentence)
    log.info(`app ${wanted.name}: ${sentence}`)
  }
  /** To whom waits for the version that is wanted now. */
  const settle = (version: string, told: Outcome) => {
    if (version !== wantedVersion()) return
    outcome.resolve(told)
    outcome = Promise.withResolvers()
  }
  const create = (app: App, version: string, adopted: Leftover | null): Instance => {
    const changed = () => void runChanged(instance)
    const parts = { app, version, runner, log: appLog, adopted: adopted?.running ?? null, changed, now, random }
    const instance = createInstance(parts)
    return instance
  }

  /** After a crash it serves again once it is healthy again. */
  async function runChanged(instance: Instance) {
    if (instance !== current || healthy === null) return
    await moved()
    if (!instance.running() || serving()) return
    await becomesHealthy(instance, wanted, { withinMs: null, signal: instance.stopped, told, now })
    if (instance !== current || instance.stopped.aborted) return
    healthy = instance.running()
    inTheWay = null
    await moved()
  }

  async function converge() {
    while (!isDone()) {
      aim = wantedVersion()
      superseded = new AbortController()
      const signal = AbortSignal.any([superseded.signal, stopping.signal])
      await (current && serving() && wanted.port === undefined ? replace(current, signal) : begin(signal))
    }
  }

  /** Nothing serves that could be lost: it is kept on trying. */
  async function begin(signal: AbortSignal) {
    const [app, version] = [wanted, wantedVersion()]
    if (current) {
      healthy = null
      await moved()
      await retire(current)
    }
    if (signal.aborted) return
    current = create(app, version, null)
    const patience = { signal, now, told }
    const problem = await becomesHealthy(current, app, { ...patience, withinMs: app.startSeconds * 1_000 })
    if (problem !== null && !signal.aborted) {
      log.warn(`app ${app.name} does not serve, and is kept on trying: ${problem}`)
      appLog.note(`does not serve: ${problem}`)
      settle(version, `${problem}; it is kept on trying`)
      await becomesHealthy(current, app, { ...patience, withinMs: null })
    }
    if (signal.aborted) return
    healthy = current.running()
    inTheWay = null
    await moved()
    tell('serves')
    settle(version, null)
  }

  /** The new version starts beside the old one, which serves until the new one is healthy. */
  async function replace(old: Instance, signal: AbortSignal) {
    const app = wanted
    const version = wantedVersion()
    trying = create(app, version, null)
    const patience = { signal, now, told: () => undefined, withinMs: app.startSeconds * 1_000 }
    const problem = await becomesHealthy(trying, app, patience)
    const tried = trying
    trying = null
    if (problem !== null) {
      await tried.stop(app.stopSeconds * 1_000)
      if (signal.aborted) return
      givenUp = { version, reason: problem }
      log.warn(`app ${app.name}: the new version is given up, the old one goes on: ${problem}`)
      appLog.note(`the new version is given up, the old one goes on: ${problem}`)
      settle(version, `${problem}; the old one goes on`)
      return
    }
    givenUp = null
    current = tried
    healthy = tried.running()
    await moved()
    tell('the new version serves; the old one ends what it has begun')
    settle(version, null)
    await retire(old)
  }

  async function retire(old: Instance) {
    const running = old.running()
    const limitMs = old.app.stopSeconds * 1_000
    if (running) {
      const enough = AbortSignal.any([AbortSignal.timeout(limitMs), stopping.signal])
      // Of those whom the front asks itself, nobody tells here when it has turned to another: they have the whole time.
      if (old.app.expose === 'direct') await sleep(limitMs, stopping.signal)
      else await drained(localUpstream(running.port, old.app), enough)
    }
    await old.stop(limitMs)
  }

  const kick = () => {
    if (converging && aim !== wantedVersion()) superseded.abort()
    if (converging || isDone()) return
    converging = converge()
      .catch((error) => log.error(`app ${wanted.name} could not be brought to what is wanted`, { error }))
      .finally(() => {
        converging = null
        kick()
      })
  }
  if (leftover) {
    current = create(wanted, `${leftover.version}/0`, leftover)
    tell('goes on: it was left running by an earlier agent')
  }
  kick()
  return {
    want(app) {
      wanted = app
      if (givenUp?.version !== wantedVersion()) givenUp = null
      kick()
    },
    redeploy() {
      redeploys++
      const { promise } = outcome
      const { startSeconds, stopSeconds } = wanted
      const limitSeconds = startSeconds + 2 * stopSeconds + 10
      kick()
      const late = sleep(limitSeconds * 1_000, stopping.signal)
      return Promise.race([promise, late.then(() => `nothing is known of it after ${limitSeconds} s`)])
    },
    upstream() {
      const running = serving()
      return running && current ? localUpstream(running.port, current.app) : null
    },
    report: () =>
      reportOf({ name: wanted.name, current, serves: serving() !== null, trying: trying !== null, inTheWay, givenUp }),
    async stop() {
      stopping.abort()
      settle(wantedVersion(), 'it is stopped')
      await Promise.all([current, trying].map((each) => each?.stop(wanted.stopSeconds * 1_000)))
      await converging
    },
  }
}
