import { sleep } from '../../shared/lib/sleep.ts'
import type { App } from '../config/app.ts'
import type { Upstream } from '../config/upstream.ts'
import { probe } from '../health/probe.ts'
import type { Instance } from './instance.ts'

const LOOK_MS = 200
/** A version that ends so often before it was ever healthy will not become so. */
const MOST_FAILURES = 3

export interface Patience {
  /** Null: for ever. */
  withinMs: number | null
  /** Nobody wants to know any more. */
  signal: AbortSignal
  /** What stands in the way so far. */
  told(reason: string): void
  now: () => number
}

/** Waits until a new version serves. Null: it does; otherwise why it does not, in words. */
export async function becomesHealthy(instance: Instance, app: App, patience: Patience): Promise<string | null> {
  const { withinMs, signal, told, now } = patience
  const untilMs = withinMs === null ? Number.POSITIVE_INFINITY : now() + withinMs
  const rise = typeof app.health === 'object' ? app.health.rise : 1
  let inARow = 0
  for (let reason = 'has not answered yet'; ; await sleep(LOOK_MS, signal)) {
    const running = instance.running()
    if (running) {
      const problem = await probe(app.health, localUpstream(running.port, app))
      inARow = problem === null ? inARow + 1 : 0
      if (problem === null ? inARow >= rise : false) return null
      if (problem !== null) reason = problem
    } else reason = instance.lastEnd() ?? reason
    told(reason)
    if (signal.aborted) return 'it is not wanted any more'
    if (withinMs === null) continue
    if (now() >= untilMs) return `after ${Math.round(withinMs / 1_000)} s: ${reason}`
    if (instance.failures() >= MOST_FAILURES) return `after ${MOST_FAILURES} starts: ${reason}`
  }
}

export const localUpstream = (port: number, { protocol }: App): Upstream => ({
  host: '127.0.0.1',
  port,
  tls: false,
  protocol,
})
