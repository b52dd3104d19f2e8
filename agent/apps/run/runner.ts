import type { App } from '../../config/app.ts'
import type { AppLog } from '../app-log.ts'

/** What starts apps of one kind. */
export interface Runner {
  start(order: StartOrder): Promise<Running>
  /** What an earlier agent started, and did not live to stop; the oldest first. */
  leftovers(): Promise<Leftover[]>
}

export interface StartOrder {
  app: App
  /** Where it has to listen, on this machine. */
  port: number
  log: AppLog
  /** It is not wanted any more. */
  signal: AbortSignal
}

/** An app that runs. */
export interface Running {
  port: number
  pid: number | null
  /** How it ended, in words. It never fails. */
  ended: Promise<string>
  /** Asks it to end, and makes it after so long. Nothing of it is left when this comes back. */
  stop(graceMs: number): Promise<void>
}

export interface Leftover {
  app: string
  version: string
  running: Running
}
