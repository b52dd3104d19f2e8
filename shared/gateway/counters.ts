import type { StickTableEntry } from '../dataplane/models.ts'

/** What HAProxy has counted of one route, since the first request of at most a day ago. */
export interface Counters {
  /** Of a database: connections. */
  requests: number
  /** That run at the moment. */
  current: number
  bytesIn: number
  bytesOut: number
  /** Answers of 4xx and 5xx, whoever gave them. */
  clientErrors: number
  serverErrors: number
  /** No server gave an answer: it could not be reached, broke off or took too long. `null`: the node does not tell. */
  unanswered: number | null
  /** Until the answer began, lately. `null`: there was none yet. */
  averageMs: number | null
  /** How many answers took longer than each of SLOWER_THAN_MS. `null`: the node does not tell. */
  slower: number[] | null
}

/** The order of the counters in haproxy.cfg: the first three count what went wrong. */
const [FIRST_SLOW, UNANSWERED] = [3, 2]
export const SLOWER_THAN_MS = [10, 50, 200, 1_000, 5_000] as const

export const NO_COUNTERS: Counters = {
  requests: 0,
  current: 0,
  bytesIn: 0,
  bytesOut: 0,
  clientErrors: 0,
  serverErrors: 0,
  unanswered: 0,
  averageMs: null,
  slower: SLOWER_THAN_MS.map(() => 0),
}

/** The real Data Plane API leaves out the counters of an array but the first two. */
export function countersOf(entry: StickTableEntry): Counters {
  const count = (name: string) => Number(entry[name] ?? 0)
  const counter = (index: number) => `gpc${index}`
  const isWhole = entry[counter(UNANSWERED)] !== undefined
  return {
    requests: count('conn_cnt'),
    current: count('conn_cur'),
    bytesIn: count('bytes_in_cnt'),
    bytesOut: count('bytes_out_cnt'),
    clientErrors: count(counter(0)),
    serverErrors: count(counter(1)),
    unanswered: isWhole ? count(counter(UNANSWERED)) : null,
    averageMs: count('gpt0') === 0 ? null : count('gpt0') / 1_000,
    slower: isWhole ? SLOWER_THAN_MS.map((_, i) => count(counter(FIRST_SLOW + i))) : null,
  }
}

/** Of several nodes. What one of them does not tell is not known of all. */
export function sumCounters(one: Counters, other: Counters): Counters {
  const sum = (name: 'requests' | 'current' | 'bytesIn' | 'bytesOut' | 'clientErrors' | 'serverErrors') =>
    one[name] + other[name]
  return {
    requests: sum('requests'),
    current: sum('current'),
    bytesIn: sum('bytesIn'),
    bytesOut: sum('bytesOut'),
    clientErrors: sum('clientErrors'),
    serverErrors: sum('serverErrors'),
    unanswered: one.unanswered === null || other.unanswered === null ? null : one.unanswered + other.unanswered,
    averageMs: averageOf(one, other),
    slower: one.slower && other.slower && one.slower.map((count, i) => count + (other.slower?.[i] ?? 0)),
  }
}

function averageOf(one: Counters, other: Counters): number | null {
  if (one.averageMs === null || other.averageMs === null) return one.averageMs ?? other.averageMs
  const requests = one.requests + other.requests
  return (one.averageMs * one.requests + other.averageMs * other.requests) / Math.max(1, requests)
}
