/** How long the ingress waits, and how much it takes. */
export interface Limits {
  /** For the front's handshake. */
  handshakeMs: number
  /** For a connection to an app or a database. */
  connectMs: number
  /** For the next words of an app that was asked. The front's own limits are far below. */
  silentMs: number
  /** How long a connection to an app waits for the next request. Most servers close theirs after five seconds. */
  idleMs: number
  /** How long what runs may take when the ingress stops. */
  stopMs: number
  /** Of the front. */
  connections: number
  /** Of all who have not shown yet that they are the front. */
  strangers: number
  /** How long the others of a connection are waited for, before an answer that may hold them up goes on. */
  patienceMs: number
  /** So many requests in one turn of the event loop are many. */
  manyAtOnce: number
}

export const LIMITS: Limits = {
  handshakeMs: 10_000,
  connectMs: 5_000,
  silentMs: 3_600_000,
  idleMs: 4_000,
  stopMs: 10_000,
  connections: 20_000,
  strangers: 2_000,
  patienceMs: 250,
  manyAtOnce: 3.5,
}
