import { AppError } from '../errors.ts'
import type { Kv } from '../kv/kv.ts'
import { listAll } from '../kv/list-all.ts'
import { keepDoing } from '../lib/keep-doing.ts'
import type { Log } from '../log/log.ts'
import type { RevocationRecord } from './records.ts'
import { REVOKED } from './store-keys.ts'

/** The certificates that were revoked by any front, as HAProxy writes their serials: it asks for each connection. */
export interface VoidCertificates {
  load(): Promise<void>
  /** Tells of the serials that came or went, whoever revoked them, until the signal is aborted. */
  follow(signal: AbortSignal, tell: (serials: string[]) => void): Promise<void>
  readonly serials: ReadonlyMap<string, string>
}

const VOID = '1'

export function voidCertificates(kv: Kv, log: Log): VoidCertificates {
  let serials = new Map<string, string>()
  let revision = 0

  const load = async () => {
    const { revision: since } = await kv.list(REVOKED, { limit: 1 })
    const found = new Map<string, string>()
    for await (const { key } of listAll<RevocationRecord>(kv, REVOKED)) found.set(serialOf(key), VOID)
    serials = found
    revision = since
  }

  const watchOnce = async (signal: AbortSignal, tell: (serials: string[]) => void) => {
    for await (const set of kv.watch(REVOKED, { from: revision, signal })) {
      for (const { key, deleted } of set.changes) {
        if (deleted) serials.delete(serialOf(key))
        else serials.set(serialOf(key), VOID)
      }
      revision = set.revision
      tell(set.changes.map(({ key }) => serialOf(key)))
    }
  }

  return {
    load,

    follow(signal, tell) {
      let isBroken = false
      const again = async () => {
        const before = serials
        await load()
        tell([...new Set([...before.keys(), ...serials.keys()])])
      }
      const once = async () => {
        if (isBroken) await again()
        isBroken = false
        await watchOnce(signal, tell)
      }
      const failed = (error: unknown) => {
        isBroken = true
        const isCompacted = error instanceof AppError && error.code === 'STORE_COMPACTED'
        if (!isCompacted) log.error('Could not follow the revocations: trying again', { error })
      }
      return keepDoing(once, { signal, failed })
    },

    get serials() {
      return serials
    },
  }
}

/** `certificates/revoked/{caId}/{serial}`: random numbers of 127 bits, so that no two CAs have the same. */
const serialOf = (key: string): string => key.slice(key.lastIndexOf('/') + 1).toUpperCase()
