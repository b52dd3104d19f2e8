import type { BackendInput } from '../domain/backend.ts'

export type BackendEvent = { type: 'ADD' | 'UPDATE'; backend: BackendInput } | { type: 'DELETE'; name: string }

export const nameOf = (event: BackendEvent): string => (event.type === 'DELETE' ? event.name : event.backend.name)

/** Comes back when the channel has taken it, so a fast source waits for a slow HAProxy. Idempotent: what is told twice is done once. */
export type Emit = (event: BackendEvent) => Promise<void>

/** What the manager wants to know besides. */
export interface Watching {
  /** Aborted when the provider is to end. */
  signal: AbortSignal
  /** The source has answered; whether anything had changed does not matter. `trouble`: what in it makes no sense. */
  succeeded(trouble?: string): void
  /** It has not, and is asked again (in so many milliseconds): what was told before holds. */
  failed(error: unknown, againInMs?: number): void
}

/** Where backends come from. */
export interface BackendProvider {
  /** Watches the source until the signal is aborted. When it ends before, it is started again, after a while. */
  start(emit: Emit, watching: Watching): Promise<void>
  /** All that the source has. Rejects while that is not known: then what was told before holds. */
  getBackends(): Promise<BackendInput[]>
  getBackend(name: string): Promise<BackendInput | null>
  /** Gives back what it holds open. May be called twice, and before `start`. */
  stop(): Promise<void>
  /**
   * Only of one whose `getBackends` says what the source answered before: when it was asked for that, by the clock of
   * `performance.now()`. So an old answer never undoes what another front has learned since.
   */
  askedAtMs?(): number
}
