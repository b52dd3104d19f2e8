import { sleep } from '../../shared/lib/sleep.ts'
import type { App } from '../config/app.ts'
import type { AppLog } from './app-log.ts'
import { backOffMs, failuresAfter } from './back-off.ts'
import { freePort, isFree } from './free-port.ts'
import type { Runner, Running } from './run/runner.ts'

export interface InstanceOptions {
  app: App
  version: string
  runner: Runner
  log: AppLog
  /** What an earlier agent started. */
  adopted: Running | null
  changed(): void
  now: () => number
  random: () => number
}

/** One version of an app: started again whenever it ends, until it is stopped. */
export interface Instance {
  app: App
  version: string
  /** Aborted when it is to be stopped. */
  stopped: AbortSignal
  /** Null between its runs. */
  running(): Running | null
  /** How often in a row it ended soon after its start. */
  failures(): number
  restarts(): number
  startedAtMs(): number | null
  /** Why it does not run, in words. */
  lastEnd(): string | null
  stop(graceMs: number): Promise<void>
}

export function createInstance(options: InstanceOptions): Instance {
  const { app, version, runner, log, adopted, changed, now, random } = options
  const stopping = new AbortController()
  const { signal } = stopping
  let running: Running | null = adopted
  let lastPort: number | null = null
  let startedAtMs: number | null = adopted ? now() : null
  let lastEnd: string | null = null
  let [failures, starts] = [0, 0]

  /** The same again where it can be had: who keeps connections to it need not learn of another. */
  const portOf = async () => {
    if (app.port !== undefined) {
      // Otherwise whoever answers there would be taken for it.
      if (!(await isFree(app.port))) throw new Error(`another process has its port ${app.port}`)
      return app.port
    }
    if (lastPort === null || !(await isFree(lastPort))) lastPort = await freePort(random)
    return lastPort
  }
  const begin = async () => {
    if (running) return running
    starts++
    const started = await runner.start({ app, port: await portOf(), log, signal })
    running = started
    startedAtMs = now()
    log.note(`started: port ${started.port}${started.pid === null ? '' : `, process ${started.pid}`}`)
    // It was stopped meanwhile.
    if (signal.aborted) await started.stop(0)
    changed()
    return started
  }
  const runOnce = async (): Promise<string> => {
    try {
      return await (await begin()).ended
    } catch (error) {
      return `it cannot be started: ${error instanceof Error ? error.message : error}`
    } finally {
      running = null
    }
  }
  const keepRunning = async () => {
    while (!signal.aborted) {
      const fromMs = now()
      lastEnd = await runOnce()
      startedAtMs = null
      if (signal.aborted) break
      failures = failuresAfter(failures, now() - fromMs)
      const pauseMs = backOffMs(failures)
      log.note(`${lastEnd}; it is started again in ${pauseMs / 1_000} s`)
      changed()
      await sleep(pauseMs, signal)
    }
    log.note('stopped')
  }
  const done = keepRunning()
  return {
    app,
    version,
    stopped: signal,
    running: () => running,
    failures: () => failures,
    restarts: () => Math.max(0, starts - (adopted ? 0 : 1)),
    startedAtMs: () => startedAtMs,
    lastEnd: () => lastEnd,
    async stop(graceMs) {
      stopping.abort()
      await running?.stop(graceMs)
      await done
    },
  }
}
