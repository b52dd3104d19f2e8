import { join } from 'node:path'
import { startDataPlane } from './data-plane-process.ts'
import { type Environment, type FrontProcess, runFront, startFront } from './front-process.ts'
import { runWorker, startWorker } from './worker-process.ts'

/** On which entry the end-to-end tests run: E2E_ENTRY. */
const ENTRY: 'node' | 'worker' = process.env.E2E_ENTRY === 'worker' ? 'worker' : 'node'

/** One of the two ways to run a front. */
export interface Entry {
  /** What this one needs besides, for each start. */
  env: Environment
  start(env: Environment): Promise<FrontProcess>
  /** As start(), but comes back at once. */
  run(env: Environment): Promise<FrontProcess>
}

export const openEntry = (env: Environment): Promise<Entry> | Entry =>
  ENTRY === 'worker' ? workerEntry(env) : { env, start: startFront, run: runFront }

/** A worker has no HAProxy of its own: beside it stands the embedded data plane, in the place where a front on Node has it. */
async function workerEntry(env: Environment): Promise<Entry> {
  const policy = { TARGET_POLICY: 'loopback', ...env }
  if (env.DATAPLANE_URL !== undefined) return { env: policy, start: startWorker, run: runWorker }
  const { url } = await startDataPlane({ folder: join(env.DATA_DIR ?? '', 'haproxy') })
  return { env: { ...policy, DATAPLANE_URL: url }, start: startWorker, run: runWorker }
}
