import type { Log } from '../../shared/log/log.ts'
import type { App } from '../config/app.ts'
import type { Upstream } from '../config/upstream.ts'

/** What `status` says of an app. */
export interface AppReport {
  name: string
  /** `external`: it runs without the agent. */
  state: 'external' | 'starting' | 'running' | 'waiting' | 'stopping' | 'failed'
  pid: number | null
  /** Times that it was started again, since the agent started. */
  restarts: number
  startedAt: string | null
  /** Why it is not running, in words. */
  message: string | null
}

export interface AppsOptions {
  /** Commands run in it, unless they say otherwise. */
  folder: string
  /** A folder below it for each app. */
  logs: string
  log: Log
  /** Where an app answers has changed: ask `upstreamOf` again. */
  moved(): void
  /** When nothing runs there any more. */
  drained(upstream: Upstream, signal: AbortSignal): Promise<void>
}

/** The apps that the agent runs: processes and containers, each supervised. */
export interface Apps {
  /** Starts, replaces and stops until what runs is what is wanted. Comes back at once; what fails is tried again. */
  apply(apps: App[]): void
  /** null: it does not run, or is not known. Of an app with `target` that. */
  upstreamOf(name: string): Upstream | null
  report(): AppReport[]
  stop(): Promise<void>
}

export function createApps(_options: AppsOptions): Apps {
  return { apply: () => undefined, upstreamOf: () => null, report: () => [], stop: async () => undefined }
}
