import { onTestFinished } from 'vitest'
import { createApp } from '../functions/app.ts'
import type { App, Deps } from '../functions/deps.ts'
import { memoryKv } from '../shared/kv/memory.ts'
import { stagedKv } from '../shared/kv/staged/staged.ts'
import { createLog } from '../shared/log/log.ts'

export interface Harness {
  app: App
  deps: Deps
  /** What was logged, parsed. */
  logged: Record<string, unknown>[]
}

/** A fresh app over a store in memory. */
export function harness(overrides: Partial<Deps> = {}): Harness {
  const logged: Record<string, unknown>[] = []
  const kv = stagedKv(memoryKv())
  onTestFinished(() => kv.close())
  let ids = 0
  const deps: Deps = {
    kv,
    log: createLog({ level: 'debug', write: (line) => logged.push(JSON.parse(line)) }),
    version: '0.0.0-test',
    docsAsset: async (name) => new TextEncoder().encode(`the file ${name}`),
    now: Date.now,
    newId: () => `request-${++ids}`,
    ...overrides,
  }
  return { app: createApp(deps), deps, logged }
}
