import type { Kv, Write } from '../kv/kv.ts'
import { type Decision, transact } from '../kv/transact.ts'
import { type Bytes, fromBase64, needsNewCrl, toBase64 } from '../pki/index.ts'
import type { Authorities } from './authorities.ts'
import type { CaRecord, CrlRecord } from './records.ts'
import { revocationsOf } from './revocations.ts'
import { crlDueOf, crlKey, crlPartKey } from './store-keys.ts'

export interface Crl {
  caId: string
  /** Greater with each list of this CA. */
  number: number
  thisUpdateMs: number
  nextUpdateMs: number
  der: Bytes
}

/** Below what a value of the store may have. */
const PART_LENGTH = 256 * 1024

export interface CrlsOptions {
  kv: Kv
  now: () => number
  authorities: Pick<Authorities, 'authority'>
}

/** The revocation list of a CA with all that was ever committed as revoked: signed anew here where it has to be. */
export async function currentCrl({ kv, now, authorities }: CrlsOptions, ca: CaRecord): Promise<Crl> {
  const isCurrent = (list: CrlRecord, due: Write[]) => due.length === 0 && !needsNewCrl(list, now())

  const sign = async (): Promise<Decision<Crl>> => {
    // In this order: a revocation that is due is found among all of them too.
    const due = await dueOf(kv, ca.id)
    const entry = await kv.get<CrlRecord>(crlKey(ca.id))
    const known = entry && isCurrent(entry.value, due) ? await load(kv, ca.id, entry.value) : null
    if (known) return { checks: [], writes: [], result: known }
    const number = (entry?.value.number ?? 0) + 1
    const revocations = await revocationsOf(kv, ca.id)
    const authority = await authorities.authority(ca)
    const { crl: der, thisUpdateMs, nextUpdateMs } = await authority.signCrl({ number, revocations })
    const result = { caId: ca.id, number, thisUpdateMs, nextUpdateMs, der }
    const writes = [...listWrites(result), ...(entry ? withoutParts(ca.id, entry.value) : []), ...due]
    return { checks: [{ key: crlKey(ca.id), version: entry?.version ?? null }], writes, result }
  }
  return transact(kv, sign)
}

/** The marks of what is not on the list yet, as deletes. What is beyond a page makes for one more signing. */
async function dueOf(kv: Kv, caId: string): Promise<Write[]> {
  const { entries } = await kv.list(crlDueOf(caId))
  return entries.map(({ key }) => ({ key, delete: true }))
}

function listWrites({ caId, number, thisUpdateMs, nextUpdateMs, der }: Crl): Write[] {
  const text = toBase64(der)
  const parts = Array.from({ length: Math.ceil(text.length / PART_LENGTH) }, (_, part) => ({
    key: crlPartKey(caId, number, part),
    value: text.slice(part * PART_LENGTH, (part + 1) * PART_LENGTH),
  }))
  const list: CrlRecord = { number, thisUpdateMs, nextUpdateMs, parts: parts.length }
  return [{ key: crlKey(caId), value: list }, ...parts]
}

function withoutParts(caId: string, { number, parts }: CrlRecord): Write[] {
  return Array.from({ length: parts }, (_, part) => ({ key: crlPartKey(caId, number, part), delete: true }))
}

/** `null` when it was replaced while it was read. */
async function load(kv: Kv, caId: string, list: CrlRecord): Promise<Crl | null> {
  const { number, thisUpdateMs, nextUpdateMs, parts } = list
  const keys = Array.from({ length: parts }, (_, part) => crlPartKey(caId, number, part))
  const entries = await Promise.all(keys.map((key) => kv.get<string>(key)))
  const der = fromBase64(entries.map((entry) => entry?.value ?? '?').join(''))
  return der && { caId, number, thisUpdateMs, nextUpdateMs, der }
}
