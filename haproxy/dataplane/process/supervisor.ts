import { sleep } from '../../../shared/lib/sleep.ts'
import type { Log } from '../../../shared/log/log.ts'
import type { Paths } from '../paths.ts'
import type { LogFile } from './log-file.ts'
import { adoptMaster, type Master, StartFailure, spawnMaster, stopProcess } from './master.ts'
import type { Runtime } from './runtime.ts'

export interface SupervisorOptions {
  paths: Paths
  haproxy: string
  runtime: Runtime
  logFile: LogFile
  log: Log
  /** Before every start of HAProxy: what it will read is brought up to date. */
  beforeStart: () => Promise<void>
  /** The configuration does not start: back to the one that did. False: there is no other. */
  fallBack: () => Promise<boolean>
  /** HAProxy runs what it found. */
  started: () => Promise<void>
  /** The first wait before a new start; it doubles with each that follows soon. */
  restartDelayMs: number
}

export interface Supervisor {
  /** Comes back when HAProxy answers; says whether it had been running before. `mayStart` throws where none may begin. */
  start(mayStart?: () => Promise<void>): Promise<{ adopted: boolean }>
  readonly pid: number | null
  readonly restarts: number
  stop(options: { keepHaproxy: boolean }): Promise<void>
}

const LONGEST_DELAY_MS = 5_000
/** One that ran for so long has recovered. */
const STEADY_MS = 10_000

export function createSupervisor(options: SupervisorOptions): Supervisor {
  const { log, restartDelayMs } = options
  const stopping = new AbortController()
  let master: Master | null = null
  let restarts = 0
  let work: Promise<unknown> = Promise.resolve()

  const keepRunning = async (first: Master) => {
    let current = first
    let delayMs = restartDelayMs
    for (;;) {
      const startedAt = Date.now()
      await current.gone
      master = null
      if (stopping.signal.aborted) return
      if (Date.now() - startedAt > STEADY_MS) delayMs = restartDelayMs
      log.error('HAProxy has gone, starting it again', { pid: current.pid })
      for (;;) {
        await sleep(delayMs, stopping.signal)
        delayMs = Math.min(delayMs * 2, LONGEST_DELAY_MS)
        if (stopping.signal.aborted) return
        const next = await launch(options).catch((error: Error) => log.error(error.message))
        if (!next) continue
        restarts++
        current = next
        master = next
        break
      }
    }
  }
  return {
    get pid() {
      return master?.pid ?? null
    },
    get restarts() {
      return restarts
    },
    async start(mayStart) {
      const running = await adoptMaster({ ...options, log: options.logFile })
      if (!running) await mayStart?.()
      const first = running ?? (await launch(options))
      master = first
      work = keepRunning(first)
      return { adopted: first.adopted }
    },
    async stop({ keepHaproxy }) {
      stopping.abort()
      const running = master
      if (keepHaproxy || !running) return
      await stopProcess(running.pid)
      await work
    },
  }
}

async function launch(options: SupervisorOptions): Promise<Master> {
  const master = await launched(options)
  await options.started().catch((error: Error) => options.log.error(error.message))
  return master
}

async function launched(options: SupervisorOptions): Promise<Master> {
  await options
    .beforeStart()
    .catch((error: Error) => options.log.error(`before the start of HAProxy: ${error.message}`))
  try {
    return await spawnMaster({ ...options, log: options.logFile })
  } catch (error) {
    if (!(error instanceof StartFailure) || !(await options.fallBack())) throw error
    options.log.error(error.message)
    return await spawnMaster({ ...options, log: options.logFile })
  }
}
