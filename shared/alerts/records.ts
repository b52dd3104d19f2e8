import type { Condition } from './observe.ts'

/** Something that was seen to be wrong. */
export type AlertState = Condition & {
  sinceMs: number
  /** Somebody was told of it. */
  told: boolean
  /** Since when it is not seen any more. */
  clearSinceMs: number | null
}

/** What is to be told, until it was. */
export type Waiting = { alert: Alert; tries: number; nextTryAtMs: number; givenUpAtMs: number }

export type Alert = {
  id: string
  kind: Condition['kind'] | 'test'
  state: 'firing' | 'resolved' | 'test'
  /** A route's place, a node, a name. */
  subject: string
  reason: string
  since: string
  at: string
}

export const ALERT_STATES = 'alerts/states/'
export const ALERT_OUTBOX = 'alerts/outbox/'
export const ALERT_LEASE = 'alerts/lease'
export const stateKey = ({ kind, subject }: Pick<Condition, 'kind' | 'subject'>) =>
  `${ALERT_STATES}${kind}/${encodeURIComponent(subject)}`
/** In the order in which they came. */
export const outboxKey = (nowMs: number, id: string) => `${ALERT_OUTBOX}${String(nowMs).padStart(16, '0')}-${id}`
