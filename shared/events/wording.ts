import type { Route } from '../domain/route-record.ts'
import type { NodeState, RouteState } from '../gateway/states.ts'
import type { StoreEvent } from './store-event.ts'

/** An event as it goes to its readers. */
export type Bytes = Uint8Array<ArrayBuffer>

export type NodeEventName = `node.${'reachable' | 'unreachable' | 'repaired' | 'reloaded'}`

/** How things are put into the words of the API. */
export interface Wording {
  event(event: StoreEvent): Bytes
  status(route: Route, state: RouteState): Bytes
  node(name: NodeEventName, node: NodeState): Bytes
  /** The store does not remember that far back: read the lists again. */
  reset(id: string): Bytes
}

/** What is told now, and is in no store: it has no place in the history. */
export interface Moment {
  name: 'route.status' | NodeEventName
  owner: string | null
  /** Of what: only the newest counts. */
  of: string
  block: Bytes
}

/** Many readers get the same event: it is put into words once. */
export function wordedOnce(wording: Wording): Wording {
  const known = new WeakMap<StoreEvent, Bytes>()
  return {
    ...wording,
    event(event) {
      const before = known.get(event)
      if (before) return before
      const block = wording.event(event)
      known.set(event, block)
      return block
    },
  }
}
