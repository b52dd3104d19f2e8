import { LONGEST_PAUSE_MS } from './back-off.ts'
import type { NameRecord } from './records.ts'

/** What has to be done for a name at this moment: an order, a look at what the server says of renewal, or nothing. */
export function needOf(record: NameRecord, { directory, nowMs }: { directory: string; nowMs: number }) {
  const { order, renewal, nextTryAtMs } = record
  // What one server has said holds for no other.
  if (record.directory !== directory) return 'order'
  const pauseMs = nextTryAtMs - nowMs
  if (pauseMs > 0 && pauseMs <= LONGEST_PAUSE_MS) return null
  if (order !== null || renewal === null || renewal.atMs <= nowMs) return 'order'
  return renewal.lookAtMs <= nowMs ? 'look' : null
}

/** Before anything was done for it. */
export const freshName = (name: string, directory: string): NameRecord => ({
  name,
  directory,
  order: null,
  failures: 0,
  lastError: null,
  nextTryAtMs: 0,
  renewal: null,
})

export const ORDER_STATES = ['waiting', 'ordering', 'failed', 'issued'] as const
export type OrderState = (typeof ORDER_STATES)[number]

/** How it stands with a name, for people. */
export function stateOf(record: NameRecord, nowMs: number): OrderState {
  if (record.failures > 0) return 'failed'
  if (record.order !== null) return 'ordering'
  return needOf(record, { directory: record.directory, nowMs }) === 'order' ? 'waiting' : 'issued'
}
