import { resolve } from 'node:path'
import { App } from '../../../agent/config/app.ts'

/** It answers with the VERSION of its environment. */
export const PROGRAM = resolve('test/agent/support/app.mjs')

/** As agent.yaml has it. The folder is in its arguments: so its processes are found. */
export const anApp = (folder: string, environment: Record<string, string> = {}, more: object = {}): App =>
  App.parse({
    name: 'shop',
    command: [process.execPath, PROGRAM, folder],
    environment,
    health: { path: '/health', rise: 1 },
    stopSeconds: 2,
    ...more,
  })
