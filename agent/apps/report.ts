import type { Instance } from './instance.ts'

/** What `status` says of an app. */
export interface AppReport {
  name: string
  /** `external`: it runs without the agent. */
  state: 'external' | 'starting' | 'running' | 'waiting' | 'stopping' | 'failed'
  pid: number | null
  /** Where it listens on this machine. */
  port: number | null
  /** Changes with its command, its environment, its image. */
  version: string | null
  /** Times that it was started again, since the agent started. */
  restarts: number
  startedAt: string | null
  /** Why it is not running, or a new version of it is not, in words. */
  message: string | null
}

interface Situation {
  name: string
  current: Instance | null
  serves: boolean
  /** A new version is on its way. */
  trying: boolean
  inTheWay: string | null
  givenUp: { reason: string } | null
}

export function reportOf({ name, current, serves, trying, inTheWay, givenUp }: Situation): AppReport {
  const running = current?.running() ?? null
  const startedAtMs = current?.startedAtMs() ?? null
  const ended = running ? null : (current?.lastEnd() ?? null)
  return {
    name,
    state: stateOf({ running: running !== null, ended: ended !== null, serves }),
    pid: running?.pid ?? null,
    port: running?.port ?? null,
    version: current?.version.split('/')[0] ?? null,
    restarts: current?.restarts() ?? 0,
    startedAt: startedAtMs === null ? null : new Date(startedAtMs).toISOString(),
    message: ended ?? messageOf({ trying, inTheWay, givenUp }),
  }
}

function stateOf({ running, ended, serves }: Record<'running' | 'ended' | 'serves', boolean>): AppReport['state'] {
  if (running) return serves ? 'running' : 'starting'
  return ended ? 'waiting' : 'starting'
}

function messageOf({ trying, inTheWay, givenUp }: Pick<Situation, 'trying' | 'inTheWay' | 'givenUp'>): string | null {
  if (trying) return 'a new version starts beside it'
  return givenUp ? `the new version was given up: ${givenUp.reason}` : inTheWay
}

/** Of an app that runs without the agent. */
export const reportOfExternal = (name: string): AppReport => ({
  ...{ name, state: 'external', pid: null, port: null, version: null },
  ...{ restarts: 0, startedAt: null, message: null },
})
