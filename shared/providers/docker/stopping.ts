import type { DockerEvent } from './api.ts'

/** Which containers were told to stop and have not ended yet: they get nothing new meanwhile. No list tells of it. */
export interface Stopping {
  heard(event: DockerEvent): void
  ids(): ReadonlySet<string>
}

/** SIGHUP, SIGUSR1, SIGUSR2 and SIGWINCH: by these, apps are told something else. */
const OTHER_SIGNALS = ['1', '10', '12', '28']
/** A container that still runs then was not told to stop. */
export const FORGOTTEN_AFTER_MS = 10 * 60_000

export function createStopping(now: () => number): Stopping {
  const toldAtMs = new Map<string, number>()
  return {
    heard({ Type, Action, Actor: { ID, Attributes } }) {
      if (Type !== 'container') return
      if (Action === 'kill' && !OTHER_SIGNALS.includes(Attributes?.signal ?? '')) toldAtMs.set(ID, now())
      else if (Action === 'die' || Action === 'start' || Action === 'destroy') toldAtMs.delete(ID)
    },
    ids() {
      for (const [id, atMs] of toldAtMs) if (now() - atMs > FORGOTTEN_AFTER_MS) toldAtMs.delete(id)
      return new Set(toldAtMs.keys())
    },
  }
}
