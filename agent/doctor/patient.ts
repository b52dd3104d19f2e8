import type { Route } from '../client/api.ts'
import type { Folder } from '../config/folder.ts'
import type { Settings } from '../config/settings.ts'
import type { Domains } from '../daemon/memory.ts'
import type { Status } from '../daemon/status.ts'

/** What the doctor looks at. */
export interface Patient {
  settings: Settings
  folder: Folder
  /** What the running daemon says of itself; `null`: none runs. */
  status: Status | null
  /** How names are made; `null`: the front was never reached. */
  domains: Domains | null
  /** Its routes, as the front says now; or why it does not. */
  routes: { list: Route[] } | { error: unknown }
  now: () => number
  signal: AbortSignal
}
