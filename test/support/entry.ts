import { join } from 'node:path'
import { it } from 'vitest'
import { startDataPlane } from './data-plane-process.ts'
import { startDns, type Zone } from './dns.ts'
import { startDoh } from './doh.ts'
import { type Environment, type FrontProcess, runFront, startFront } from './front-process.ts'
import { runWorker, startWorker } from './worker-process.ts'

/** On which entry the end-to-end tests run: E2E_ENTRY. */
const ENTRY: 'node' | 'worker' = process.env.E2E_ENTRY === 'worker' ? 'worker' : 'node'

/** For a test that makes no sense on the worker's entry, where it is skipped. */
export const itOnNode = (_reason: string) => (ENTRY === 'node' ? it : it.skip)

/** Somebody whom this entry can ask for names, for DNS_RESOLVER. */
export const startResolver = (zone: Zone): Promise<string> => (ENTRY === 'node' ? startDns(zone) : startDoh(zone))

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
  // Names that nobody knows are unknown here too, without a question to the internet.
  const policy = { TARGET_POLICY: 'loopback', DNS_RESOLVER: await startDoh({}), ...env }
  if (env.DATAPLANE_URL !== undefined) return { env: policy, start: startWorker, run: runWorker }
  const { url } = await startDataPlane({ folder: join(env.DATA_DIR ?? '', 'haproxy') })
  return { env: { ...policy, DATAPLANE_URL: url }, start: startWorker, run: runWorker }
}
