import type { Kv } from '../kv/kv.ts'
import { type Mirror, mirrorOf } from '../kv/mirror.ts'
import type { Log } from '../log/log.ts'
import type { EdgeRecord, EdgeSummary } from './records.ts'
import { EDGE_CERTIFICATES } from './store-keys.ts'

/** What is looked at in each pass of each node, out of memory: thousands of chains and keys are not read for it. */
export function knownEdges(kv: Kv, log: Log): Mirror<EdgeSummary> {
  return mirrorOf<EdgeRecord, EdgeSummary>({
    kv,
    prefix: EDGE_CERTIFICATES,
    pick: ({ sealedKey: _, chain: __, ...summary }) => summary,
    what: 'the edge certificates',
    log,
  })
}
