import { setTimeout as pause } from 'node:timers/promises'
import { isSame, processesWith } from './process-id.ts'

/** In the environment of each process of an app: so even one that left its group is known as ours. */
export const MARK = 'CLOUDLUNACY_INSTANCE'

const POLL_MS = 25

/** Asks a group to end that has just been seen to be ours, and makes it after so long. */
export async function endGroup(leader: number, graceMs: number): Promise<void> {
  send(-leader, 'SIGTERM')
  // While one of its processes lives, no other group is given its number.
  if (!(await isGone(leader, graceMs))) send(-leader, 'SIGKILL')
}

/** What has left its group, or outlived its first process. */
export function endStragglers(mark: string): void {
  for (const each of processesWith(MARK, mark)) if (isSame(each)) send(each.pid, 'SIGKILL')
}

async function isGone(group: number, withinMs: number): Promise<boolean> {
  for (let waitedMs = 0; waitedMs < withinMs; waitedMs += POLL_MS) {
    if (!send(-group, 0)) return true
    await pause(POLL_MS)
  }
  return !send(-group, 0)
}

function send(pid: number, signal: NodeJS.Signals | 0): boolean {
  try {
    return process.kill(pid, signal)
  } catch {
    return false
  }
}
