import type { Context } from 'hono'
import type { Backup } from '../shared/backup/backup.ts'
import type { WriteLimit } from '../shared/identity/write-limit.ts'
import type { Kv } from '../shared/kv/kv.ts'
import type { Log } from '../shared/log/log.ts'
import type { Metrics } from '../shared/metrics/metrics.ts'
import type { Access } from './access.ts'
import type { AppEnv } from './app-env.ts'
import type { Idempotent } from './idempotency.ts'
import type { Lacks } from './lacks.ts'
import type { Services } from './services.ts'
import type { Settings } from './settings.ts'

/** All that the handlers need from the outside. The entries make it; tests replace what they want. */
export interface Deps {
  kv: Kv
  log: Log
  metrics: Metrics
  version: string
  settings: Settings
  services: Services
  access: Access
  backup: Backup
  /** The first tokens, as far as this front knows their texts: what the environment says, and what was just made. */
  ownTokens: () => string[]
  /** For writes that are for everybody; the others have both from `access`. */
  idempotent: Idempotent
  writeLimit: WriteLimit
  /** Who is at the other end: the client, also behind our own proxy. */
  clientAddress: (c: Context<AppEnv>) => string
  /** Whether the request came through our own proxy. */
  isThroughHaproxy: (c: Context<AppEnv>) => boolean
  /** Whether who asks may register an agent without a token. */
  isOpenTo: (c: Context<AppEnv>) => boolean
  /** What cannot be done here, and why. */
  lacks: Lacks
  /** A file of the docs page's viewer. */
  docsAsset(name: string): Promise<Uint8Array<ArrayBuffer> | ReadableStream>
  now: () => number
  newId: () => string
}
