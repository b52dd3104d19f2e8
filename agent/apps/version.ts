import { createHash } from 'node:crypto'
import type { App } from '../config/app.ts'

/** Changes with whatever needs another process or another container. */
export function versionOf({ command, container, folder, environment, port, protocol, expose }: App): string {
  const variables = Object.entries(environment).sort(([one], [other]) => (one < other ? -1 : 1))
  const parts = { command, container, folder, variables, port, protocol, expose }
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex').slice(0, 12)
}
