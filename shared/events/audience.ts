import type { StoreEvent } from './store-event.ts'

export const EVENT_KINDS = ['route', 'agent', 'certificate', 'backend', 'node'] as const
export type EventKind = (typeof EVENT_KINDS)[number]

/** What a reader may see and wants to see. */
export interface Audience {
  /** Only what is this agent's; `null`: everything. */
  owner: string | null
  kinds: ReadonlySet<EventKind>
  /** What was before belonged to another agent of the same name. */
  sinceRevision: number
}

export const kindOf = (name: string): EventKind => name.slice(0, name.indexOf('.')) as EventKind

export function sees({ owner, kinds, sinceRevision }: Audience, event: StoreEvent): boolean {
  if (!kinds.has(kindOf(event.name)) || event.place.revision < sinceRevision) return false
  return owner === null || event.owner === owner
}
