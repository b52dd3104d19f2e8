import { readdirSync, readFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'

export interface Process {
  pid: number
  parent: number
  args: string[]
  /** In ticks since the machine started: greater is younger. */
  startedAt: number
}

/** Running processes that were started with something in this folder, the oldest first. Whoever started them. */
export function processesIn(folder: string): Process[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => readProcess(Number(name)) ?? [])
    .filter(({ args }) => args.some((arg) => arg.includes(folder)))
    .sort((one, other) => one.startedAt - other.startedAt || one.pid - other.pid)
}

function readProcess(pid: number): Process | null {
  try {
    const args = readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0').filter(Boolean)
    // The name in the second field may hold spaces and brackets.
    const [state, parent, ...rest] = (readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').at(-1) ?? '').split(' ')
    return state === 'Z' ? null : { pid, parent: Number(parent), args, startedAt: Number(rest[17]) }
  } catch {
    return null
  }
}

export function kill(pid: number, signal: NodeJS.Signals = 'SIGKILL'): void {
  try {
    process.kill(pid, signal)
  } catch {
    // It has ended by itself.
  }
}

/** For what has put itself out of its parent's reach. */
export async function endProcessesIn(folder: string): Promise<void> {
  for (let left = processesIn(folder); left.length > 0; left = processesIn(folder)) {
    for (const { pid } of left) kill(pid)
    await sleep(10)
  }
}
