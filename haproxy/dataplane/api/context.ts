import type { Log } from '../../../shared/log/log.ts'
import type { ConfigurationStore } from '../configuration-store.ts'
import type { Engine } from '../engine.ts'
import type { Paths } from '../paths.ts'
import type { Runtime } from '../process/runtime.ts'
import type { Reloads } from '../reloads.ts'
import type { Transactions } from '../transactions.ts'

/** What the handlers are made of. */
export interface Context {
  paths: Paths
  store: ConfigurationStore
  engine: Engine
  transactions: Transactions
  reloads: Reloads
  runtime: Runtime
  log: Log
  /** Whether HAProxy runs. */
  isUp: () => boolean
}
