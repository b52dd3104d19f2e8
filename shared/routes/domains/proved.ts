import type { Kv } from '../../kv/kv.ts'
import { type Mirror, mirrorOf } from '../../kv/mirror.ts'
import type { Log } from '../../log/log.ts'
import { DOMAINS, type DomainRecord } from './record.ts'

/** The custom domains that are served, whichever front has found their proofs; `null` where there is none. */
export function provedDomains(kv: Kv, log: Log): Mirror<string | null> {
  return mirrorOf<DomainRecord, string | null>({
    kv,
    prefix: DOMAINS,
    pick: ({ status, domain }) => (status === 'done' ? domain : null),
    what: 'the custom domains',
    log,
  })
}
