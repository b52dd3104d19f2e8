import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { onTestFinished } from 'vitest'
import { type Apps, createApps, logOfApp } from '../../../agent/apps/apps.ts'
import { createLog } from '../../../shared/log/log.ts'
import { ask as askOnce } from '../../support/ask.ts'
import { newFolder } from '../../support/folder.ts'

export interface StartedApps {
  apps: Apps
  folder: string
  /** What the agent said of them. */
  said(): string
  /** What an app printed, and what the agent noted between. */
  logOf(name: string): string
  /** What it answers now. */
  ask(name: string, path?: string): Promise<string>
  /** When it serves. */
  serves(name: string): Promise<void>
  until(done: () => boolean): Promise<void>
}

/** The apps of an agent, without the agent. They are gone when the test is over. */
export function startApps(folder = newFolder(), docker = join(folder, 'no-docker.sock')): StartedApps {
  const lines: string[] = []
  const inFlight = new Map<number, number>()
  const count = (port: number, change: number) => inFlight.set(port, (inFlight.get(port) ?? 0) + change)
  const apps = createApps({
    folder,
    logs: join(folder, 'logs'),
    running: join(folder, 'running.json'),
    docker,
    log: createLog({ write: (line) => lines.push(line), format: 'text' }),
    moved: () => undefined,
    drained: async ({ port }, signal) => {
      while (inFlight.get(port) && !signal.aborted) await pause(5)
    },
  })
  onTestFinished(() => apps.stop())
  const until = async (done: () => boolean) => {
    while (!done()) await pause(10)
  }
  return {
    apps,
    folder,
    said: () => lines.join(''),
    logOf: (name) => readFileSync(logOfApp(join(folder, 'logs'), name), 'utf8'),
    async ask(name, path = '/') {
      const { port = 0 } = apps.upstreamOf(name) ?? {}
      count(port, 1)
      try {
        // On a connection of its own: those that are kept are the ingress’s business.
        return (await askOnce(port, 'shop', { path })).body
      } finally {
        count(port, -1)
      }
    },
    serves: (name) => until(() => apps.upstreamOf(name) !== null),
    until,
  }
}
