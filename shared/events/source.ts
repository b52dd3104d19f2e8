import type { Route } from '../domain/route-record.ts'
import type { Gateway } from '../gateway/gateway.ts'
import type { Kv } from '../kv/kv.ts'
import { listAll } from '../kv/list-all.ts'
import type { Log } from '../log/log.ts'
import { agentRoutes, ROUTES } from '../routes/store-keys.ts'
import type { EventKind } from './audience.ts'
import { createHistory, type History, type HistoryOptions } from './history.ts'
import { createMoments } from './moments.ts'
import type { Moment, Wording } from './wording.ts'

/** How much of the newest is remembered, and how far back it begins. */
export type Memory = Pick<HistoryOptions, 'keptEvents' | 'headStartRevisions'>

export interface SourceOptions {
  kv: Kv
  log: Log
  gateway: Gateway
  wording: Wording
  /** Only what is this agent's; `null`: everything. */
  owner: string | null
  /** What somebody reads. */
  wanted: () => ReadonlySet<EventKind>
  tell: (moments: Moment[]) => void
  reloaded: () => void
  touched: (keys: string[]) => void
  /** For a single reader: no past, and the routes asked for less often. */
  isForOne: boolean
  memory?: Memory
}

/** What readers are told from: the store's history, and moments that are in no store. */
export interface Source {
  history: History
  follow(signal: AbortSignal): Promise<unknown>
}

const NO_MEMORY: Memory = { keptEvents: 0, headStartRevisions: 0 }
const INTERVAL_FOR_ONE_MS = 5_000

export function createSource(options: SourceOptions): Source {
  const { kv, log, gateway, owner, isForOne, memory, touched } = options
  const routes = () => gateway.routes?.() ?? storedRoutes(kv, owner)
  const moments = createMoments({ ...options, routes, ...(isForOne && { intervalMs: INTERVAL_FOR_ONE_MS }) })
  const history = createHistory({ kv, log, touched, heard: moments.heard, ...(isForOne ? NO_MEMORY : memory) })
  return { history, follow: (signal) => Promise.all([history.follow(signal), moments.follow(signal)]) }
}

async function* storedRoutes(kv: Kv, owner: string | null): AsyncGenerator<Route> {
  for await (const { value } of listAll<Route>(kv, owner === null ? ROUTES : agentRoutes(owner))) yield value
}
