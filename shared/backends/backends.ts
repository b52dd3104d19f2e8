// CONTRACT between the providers' manager and the store of backends: the owner of shared/backends/ replaces this file.
import type { Backend } from '../domain/backend.ts'
import type { AppliedHow, RouteStatus } from '../gateway/gateway.ts'

/** The provider whose backends are put by hand, by PUT /api/backends/{name}. */
export const BY_HAND = 'api'

export interface BackendChange {
  name: string
  /** `null`: it is gone. */
  backend: Backend | null
}

export interface BackendOutcome {
  name: string
  /** Null when it is in the store and on its way to HAProxy; otherwise why it was not taken (its last state holds). */
  error: Error | null
}

export interface Backends {
  /** What is in the store of this provider: its last state, also after a restart of the front. */
  of(provider: string): Promise<Backend[]>
  /**
   * One commit for all of them (staged where large) and one sync with HAProxy. What is unchanged costs nothing.
   * A backend that cannot be taken (a refused target) does not keep the others from being taken.
   */
  apply(
    provider: string,
    changes: readonly BackendChange[],
    options?: { changedBy?: string; waitMs?: number },
  ): Promise<{ outcomes: BackendOutcome[]; status: RouteStatus; applied: AppliedHow }>
  /** The providers in the order in which they win a name; what an unknown one has left in the store is removed. */
  setProviders(names: readonly string[]): Promise<void>
}
