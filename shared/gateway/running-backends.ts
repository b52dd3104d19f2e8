import type { DataPlane } from '../dataplane/data-plane.ts'
import { isFault } from '../dataplane/data-plane-error.ts'
import { isOurBackend } from './backend/names.ts'

/** Up to so many are asked for one by one. */
const FEW = 40

/** Those of the routes' backends that the worker has. */
export async function runningBackends(dataPlane: DataPlane): Promise<string[]> {
  const stats = await dataPlane.stats({ type: 'backend', columns: [] })
  return stats.map(({ name }) => name).filter(isOurBackend)
}

/** Which of these the worker does not have, whatever was answered when they were made. */
export async function missingBackends(dataPlane: DataPlane, names: readonly string[]): Promise<string[]> {
  if (names.length > FEW) {
    const running = new Set(await runningBackends(dataPlane))
    return names.filter((name) => !running.has(name))
  }
  const missing: string[] = []
  for (const name of names) if (!(await isRunning(dataPlane, name))) missing.push(name)
  return missing
}

async function isRunning(dataPlane: DataPlane, name: string): Promise<boolean> {
  try {
    await dataPlane.runtimeServers(name)
    return true
  } catch (error) {
    if (isFault(error, 'missing')) return false
    throw error
  }
}
