import type { Audit } from '../audit/audit.ts'
import type { Gateway } from '../gateway/gateway.ts'
import type { Kv } from '../kv/kv.ts'
import type { Log } from '../log/log.ts'
import type { Targets } from '../targets/targets.ts'
import type { OwnHosts } from './own-hosts.ts'

export interface BackendsOptions {
  kv: Kv
  audit: Audit
  /** Where they may go: the administrator's sources lead where agents may not. */
  targets: Targets
  gateway: Pick<Gateway, 'applyBackends'>
  log: Log
  settings: OwnHosts
  now: () => number
}
