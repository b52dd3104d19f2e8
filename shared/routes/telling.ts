import type { Gateway, Outcome } from '../gateway/gateway.ts'
import type { Log } from '../log/log.ts'
import type { ChangedRoute } from './changed-route.ts'

export interface WaitOptions {
  /** How long the caller waits for the changes to be settled. */
  waitMs?: number | undefined
}

/** Tells the gateway what was committed. */
export type Telling = (changed: ChangedRoute[], revision: number, wait?: WaitOptions) => Promise<Outcome>

/** What was accepted stays accepted, whatever happens to the gateway: it will come to it by itself. */
export function createTelling(gateway: Gateway, log: Log): Telling {
  return async (changed, revision, { waitMs } = {}) => {
    const changes = changed.map(({ key, after }) => ({ key, route: after, version: revision }))
    try {
      return await gateway.apply(changes, waitMs === undefined ? {} : { waitMs })
    } catch (error) {
      log.error('Could not bring accepted routes to the data planes', { error, routes: changes.length })
      return {
        status: 'pending',
        reason: null,
        applied: { via: 'none', why: 'it could not be applied yet', steps: [] },
      }
    }
  }
}
