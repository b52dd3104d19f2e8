import type { Check, Write } from '../kv.ts'
import { encodeValue } from '../limits.ts'
import type { Slot } from './slots.ts'
import type { KeySpace, TxnAnswer } from './wire.ts'

/** What a transaction leaves in its slot, in base64. */
const WRITTEN = btoa('1')
const REFUSED = btoa('0')

export type Operation = Record<string, object>

/** Keys and values in base64, `null` for a delete; 0 seconds: it does not expire. */
export interface WireWrite {
  key: string
  value: string | null
  seconds: number
}

export function toWireWrites(keys: KeySpace, writes: Write[], maxBytes: number): WireWrite[] {
  let bytes = 0
  const wireWrites = writes.map((write) => {
    const key = keys.encode(write.key)
    bytes += write.key.length
    if ('delete' in write) return { key, value: null, seconds: 0 }
    const text = encodeValue(write.value)
    bytes += text.length
    return { key, value: btoa(text), seconds: toLeaseSeconds(write.expiresInSeconds) }
  })
  if (bytes > maxBytes) throw new RangeError(`a commit of ${bytes} bytes, where the store takes ${maxBytes}`)
  return wireWrites
}

/** Whole ones; etcd makes at least two of them. */
function toLeaseSeconds(seconds = Number.POSITIVE_INFINITY): number {
  return seconds === Number.POSITIVE_INFINITY ? 0 : Math.max(1, Math.ceil(seconds))
}

/** An absent key has the revision 0 in etcd, which is no version that a key may have. */
export function toCompare(keys: KeySpace, { key, version }: Check): object {
  return hasRevision(keys.encode(key), version === null ? 0 : version || -1)
}

const hasRevision = (key: string, revision: string | number) => ({ key, target: 'MOD', mod_revision: revision })

/** `leases`: seconds of life, and the lease that has them. */
export function toOperation({ key, value, seconds }: WireWrite, leases: Map<number, string>): Operation {
  if (value === null) return { request_delete_range: { key } }
  return { request_put: seconds === 0 ? { key, value } : { key, value, lease: leases.get(seconds) } }
}

/** Makes the writes if all checks hold and the slot has not moved. */
export const writeTxn = (compare: object[], operations: Operation[], slot: Slot): object =>
  slotTxn(compare, [...operations, mark(slot, WRITTEN)], slot)

/** Moves the slot, if it has not moved: no copy of a `writeTxn` that is still on its way can apply after it. */
export const fenceTxn = (slot: Slot): object => slotTxn([], [mark(slot, REFUSED)], slot)

const mark = ({ key, lease }: Slot, value: string) => ({ request_put: { key, value, lease: lease.id } })

const slotTxn = (compare: object[], success: Operation[], { key, revision }: Slot) => ({
  compare: [...compare, hasRevision(key, revision)],
  success,
  failure: [{ request_range: { key } }],
})

/**
 * `applied`: this copy took effect. Otherwise the slot shows what did:
 * an earlier `written` or `fenced`, nothing yet (`unmoved`: a check did not hold), or it is `gone`.
 */
export interface Decision {
  kind: 'applied' | 'written' | 'fenced' | 'unmoved' | 'gone'
  /** The slot's, and the store's when it was written. */
  revision: string
}

export function toDecision({ succeeded, header, responses }: TxnAnswer, slot: Slot): Decision {
  if (succeeded) return { kind: 'applied', revision: header.revision }
  const found = responses?.[0]?.response_range?.kvs?.[0]
  const revision = found?.mod_revision ?? '0'
  if (revision === slot.revision) return { kind: 'unmoved', revision }
  if (!found) return { kind: 'gone', revision }
  return { kind: found.value === WRITTEN ? 'written' : 'fenced', revision }
}
