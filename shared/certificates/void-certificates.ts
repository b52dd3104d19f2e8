import type { Kv } from '../kv/kv.ts'
import { type Mirror, mirrorOf } from '../kv/mirror.ts'
import type { Log } from '../log/log.ts'
import { REVOKED } from './store-keys.ts'

const VOID = '1'

/** The certificates that were revoked by any front, by their serials as HAProxy writes them: it asks for each connection. */
export function voidCertificates(kv: Kv, log: Log): Mirror<string> {
  return mirrorOf({ kv, prefix: REVOKED, pick: () => VOID, nameOf: serialOf, what: 'the revocations', log })
}

/** `certificates/revoked/{caId}/{serial}`: random numbers of 127 bits, so that no two CAs have the same. */
const serialOf = (key: string): string => key.slice(key.lastIndexOf('/') + 1).toUpperCase()
