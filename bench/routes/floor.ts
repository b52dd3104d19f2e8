import { fork } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import type { Ending } from './ending.ts'
import { keptCalls } from './http.ts'
import { stop } from './processes.ts'
import type { Site } from './site.ts'

/** A server that does nothing of what a front does: nobody can be faster on this machine, as loaded as it is. */
export async function startFloor(ending: Ending): Promise<Site> {
  const child = fork(join(import.meta.dirname, 'floor-server.ts'))
  ending.later(() => stop(child, 'SIGKILL'))
  const [{ apiPort, httpPort }] = await once(child, 'message')
  const call = keptCalls(apiPort)
  return { httpPort, agent: call, admin: call }
}
