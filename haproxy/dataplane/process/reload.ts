import { sleep } from '../../../shared/lib/sleep.ts'
import { askOnce } from './ask-once.ts'
import type { LogFile } from './log-file.ts'
import type { Processes } from './processes.ts'
import type { Runtime } from './runtime.ts'

export interface ReloadResult {
  ok: boolean
  /** What HAProxy printed. */
  response: string
}

export interface ReloadOptions {
  /** The master's. */
  socket: string
  runtime: Runtime
  logFile: LogFile
  /** Whether the master has ended: it is for others to start it again. */
  isGone: () => boolean
}

const RELOAD_TIMEOUT_MS = 60_000
const POLL_MS = 5

/**
 * Lets the master read its configuration anew. From 2.7 on it says itself how that went. Before, it executes itself anew
 * and closes the connection: then its list of processes tells, where failed loads are counted, and the old workers stay.
 */
export async function reloadMaster({ socket, runtime, logFile, isGone }: ReloadOptions): Promise<ReloadResult> {
  const from = logFile.end()
  const before = await runtime.processes()
  const answer = await askOnce(socket, 'reload', { timeoutMs: RELOAD_TIMEOUT_MS }).catch(() => '')
  const told = /^Success=([01])\n(?:--\n)?([\s\S]*)$/.exec(answer)
  const after = await processesAfter(runtime, before, told !== null, isGone)
  if (told) return { ok: told[1] === '1', response: (told[2] ?? '').trim() }
  const ok = after !== null && after.failedReloads === 0 && after.worker !== before.worker
  return { ok, response: logFile.since(from) }
}

/** Null when the master did not come back: whoever waits for that must not keep it from being started again. */
async function processesAfter(
  runtime: Runtime,
  before: Processes,
  finished: boolean,
  isGone: () => boolean,
): Promise<Processes | null> {
  for (const deadline = Date.now() + RELOAD_TIMEOUT_MS; Date.now() < deadline; await sleep(POLL_MS)) {
    const now = await runtime.processes().catch(() => null)
    if (!now && isGone()) return null
    if (!now) continue
    const isNew = now.worker !== before.worker || now.failedReloads > before.failedReloads
    if (finished || isNew) return now
  }
  return null
}
