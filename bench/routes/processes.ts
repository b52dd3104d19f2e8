import type { ChildProcess } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Ending } from './ending.ts'

/** A folder that is removed at the end, and before it every process whose command line names it. */
export function newFolder(ending: Ending): string {
  const folder = mkdtempSync(join(tmpdir(), 'bench-'))
  ending.later(() => {
    killUsersOf(folder)
    for (const each of [...socketFolders(folder), folder]) rmSync(each, { recursive: true, force: true, maxRetries: 5 })
  })
  return folder
}

/** Started by root, the data plane keeps its sockets in a folder that HAProxy's own user may enter. */
function socketFolders(folder: string): string[] {
  const configuration = readOr(join(folder, 'haproxy', 'haproxy.cfg'), '')
  const found = /stats socket (\/run\/cloudlunacy-haproxy-\w+)\//.exec(configuration)?.[1]
  return found ? [found] : []
}

/** HAProxy outlives its front where it is asked to. The folder's name is random: nobody else's process has it. */
function killUsersOf(folder: string): void {
  for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid)) {
    if (!readOr(`/proc/${pid}/cmdline`, '').includes(folder)) continue
    try {
      process.kill(Number(pid), 'SIGKILL')
    } catch {
      // It was gone already.
    }
  }
}

function readOr(path: string, fallback: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return fallback
  }
}

/** Asks it to stop, and waits until it has. */
export async function stop(child: ChildProcess, signal: NodeJS.Signals = 'SIGTERM'): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const exited = new Promise<void>((resolve) => child.once('exit', () => resolve()))
  child.kill(signal)
  const impatient = setTimeout(() => child.kill('SIGKILL'), 15_000)
  await exited
  clearTimeout(impatient)
}
