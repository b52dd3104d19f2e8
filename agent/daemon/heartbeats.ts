import { loadavg, totalmem } from 'node:os'
import type { Apps } from '../apps/apps.ts'
import type { FrontClient } from '../client/front-client.ts'
import type { Health } from '../health/health.ts'
import { createLoop, type Loop } from './loop.ts'

const EVERY_MS = 30_000

interface Options {
  front: FrontClient
  health: Health
  apps: Pick<Apps, 'report'>
  version: string
  random: () => number
  pauseMs(error: unknown, failures: number): number
}

/** Tells the front how this machine is; at once when something of it has changed. */
export function createHeartbeats({ front, health, apps, version, random, pauseMs }: Options): Loop {
  return createLoop({
    async once(signal) {
      const [load = 0] = loadavg()
      // In a container, what it may take.
      const totalBytes = Math.min(totalmem(), process.constrainedMemory() || totalmem())
      const { apps: ofApps, databases } = health.report()
      const versions = new Map(apps.report().map((app) => [app.name, app.version]))
      const report = {
        version,
        load: Math.round(load * 100) / 100,
        memory: { totalBytes, availableBytes: process.availableMemory() },
        apps: ofApps.map((app) => ({ ...app, version: versions.get(app.name) ?? null })),
        databases,
      }
      await front.heartbeat(report, { signal, patienceMs: 0 })
      return EVERY_MS * (0.8 + 0.4 * random())
    },
    pauseMs,
  })
}
