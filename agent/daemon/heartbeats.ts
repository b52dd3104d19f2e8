import { loadavg } from 'node:os'
import type { FrontClient } from '../client/front-client.ts'
import type { Health } from '../health/health.ts'
import { createLoop, type Loop } from './loop.ts'

const EVERY_MS = 30_000

interface Options {
  front: FrontClient
  health: Health
  version: string
  random: () => number
  pauseMs(error: unknown, failures: number): number
}

/** Tells the front how this machine is; at once when something of it has changed. */
export function createHeartbeats({ front, health, version, random, pauseMs }: Options): Loop {
  return createLoop({
    async once(signal) {
      const [load = 0] = loadavg()
      const report = { version, load: Math.round(load * 100) / 100, ...health.report() }
      await front.heartbeat(report, { signal, patienceMs: 0 })
      return EVERY_MS * (0.8 + 0.4 * random())
    },
    pauseMs,
  })
}
