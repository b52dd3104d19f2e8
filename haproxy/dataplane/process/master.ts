import { spawn } from 'node:child_process'
import { closeSync } from 'node:fs'
import { connect } from 'node:net'
import { sleep } from '../../../shared/lib/sleep.ts'
import type { Paths } from '../paths.ts'
import { StartRefusal } from '../start-refusal.ts'
import { isAlive, readPid, wasStartedWith } from './alive.ts'
import type { LogFile } from './log-file.ts'
import { programEnvironment } from './program-environment.ts'
import type { Runtime } from './runtime.ts'

/** Each thousand certificates takes it one or two seconds. */
const START_TIMEOUT_MS = 60_000
const STOP_TIMEOUT_MS = 5_000
const POLL_MS = 20

/** A running HAProxy: its master process. */
export interface Master {
  pid: number
  adopted: boolean
  /** When it is no more. */
  gone: Promise<void>
}

/** HAProxy did not come up; the message holds what it printed. */
export class StartFailure extends StartRefusal {
  constructor(output: string) {
    super(`HAProxy does not start: ${output || 'it printed nothing'}`)
    this.name = 'StartFailure'
  }
}

interface Parts {
  paths: Paths
  haproxy: string
  runtime: Runtime
  log: LogFile
}

/** The one that an earlier front left running, when it is really ours and answers. */
export async function adoptMaster({ paths, runtime }: Parts): Promise<Master | null> {
  const pid = readPid(paths.pid)
  if (pid === null || !isAlive(pid) || !wasStartedWith(pid, paths.masterSocket)) return null
  const found = await answering(runtime, pid, 5)
  if (found) return { pid, adopted: true, gone: watch(pid, paths.masterSocket) }
  // Ours, but nobody can speak to it any more: it would share its ports with the next one.
  await stopProcess(pid)
  return null
}

async function answering(runtime: Runtime, pid: number, times: number): Promise<boolean> {
  for (let i = 0; i < times; i++) {
    if (await isReady(runtime, pid)) return true
    await sleep(100)
  }
  return false
}

/** From 3.1 on a worker is listed before it listens; it answers only then. */
async function isReady(runtime: Runtime, pid: number): Promise<boolean> {
  const found = await runtime.processes().catch(() => null)
  return found?.master === pid && found.worker !== null && (await runtime.workerAnswers())
}

/**
 * In a process group of its own, so that what ends the front does not end it; what it makes is for this user alone.
 */
export async function spawnMaster({ paths, haproxy, runtime, log }: Parts): Promise<Master> {
  const from = log.end()
  const output = log.open()
  const args = ['-W', '-S', `${paths.masterSocket},mode,600`, '-p', paths.pid, '-f', paths.configuration]
  const child = spawn('/bin/sh', ['-c', 'umask 077; exec "$@"', 'sh', haproxy, ...args], {
    cwd: paths.folder,
    detached: true,
    stdio: ['ignore', output, output],
    env: programEnvironment(),
  })
  closeSync(output)
  const gone = new Promise<void>((resolve) => {
    child.once('exit', () => resolve())
    child.once('error', () => resolve())
  })
  child.unref()
  if (child.pid === undefined) throw new StartFailure(`${haproxy} cannot be run`)
  await started(child.pid, runtime, gone, () => log.since(from))
  return { pid: child.pid, adopted: false, gone }
}

async function started(pid: number, runtime: Runtime, gone: Promise<void>, output: () => string): Promise<void> {
  const ended = { yes: false }
  void gone.then(() => (ended.yes = true))
  for (const deadline = Date.now() + START_TIMEOUT_MS; Date.now() < deadline; await sleep(POLL_MS)) {
    if (ended.yes) throw new StartFailure(output())
    if (await isReady(runtime, pid)) return
  }
  await stopProcess(pid)
  throw new StartFailure(output())
}

/** The kernel tells at once, by closing the connection; a reload closes it too, and there the process lives on. */
async function watch(pid: number, socketPath: string): Promise<void> {
  while (isAlive(pid)) {
    await new Promise<void>((resolve) => {
      const socket = connect(socketPath)
      socket.once('connect', () => socket.unref())
      socket.once('error', () => resolve())
      socket.once('close', () => resolve())
      socket.resume()
    })
    if (isAlive(pid)) await sleep(POLL_MS)
  }
}

/** Asks it to end, and after a while makes it, with all of its workers. */
export async function stopProcess(pid: number): Promise<void> {
  signal(pid, 'SIGTERM')
  for (const deadline = Date.now() + STOP_TIMEOUT_MS; Date.now() < deadline && isAlive(pid); ) await sleep(POLL_MS)
  if (isAlive(pid)) signal(pid, 'SIGKILL')
  // The group outlives its first process while old workers end their connections.
  signal(-pid, 'SIGKILL')
}

function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name)
  } catch {
    // It has gone already.
  }
}
