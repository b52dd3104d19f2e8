import type { Kv } from '../kv/kv.ts'
import { type Mirror, mirrorOf } from '../kv/mirror.ts'
import type { Log } from '../log/log.ts'
import { STAPLES, type StapleRecord } from './records.ts'

/** What the responders have said, by the names of the edge certificates. */
export function knownStaples(kv: Kv, log: Log): Mirror<StapleRecord> {
  return mirrorOf<StapleRecord, StapleRecord>({
    kv,
    prefix: STAPLES,
    pick: (record) => record,
    what: 'the answers of OCSP responders',
    log,
  })
}
