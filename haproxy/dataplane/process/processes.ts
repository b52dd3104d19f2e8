/** What the master says of itself and its workers. */
export interface Processes {
  master: number
  /** Loads that failed since the last one that succeeded. */
  failedReloads: number
  /** The worker that takes new connections; null while there is none. */
  worker: number | null
  /** Workers that still serve connections from before a reload. */
  oldWorkers: number[]
}

/** Reads `show proc`. Null when it is none. */
export function parseProcesses(text: string): Processes | null {
  const master = /^(\d+)\s+master\s+\d+(?:\s+\[failed: (\d+)\])?/m.exec(text)
  if (!master) return null
  const [current = '', old = ''] = text.split('# old workers')
  const workers = workersIn(current)
  return {
    master: Number(master[1]),
    failedReloads: Number(master[2] ?? 0),
    worker: workers[0] ?? null,
    oldWorkers: [...workers.slice(1), ...workersIn(old)],
  }
}

const workersIn = (text: string) => [...text.matchAll(/^(\d+)\s+worker\s/gm)].map((found) => Number(found[1]))
