import type { Check, Entry, Kv, Write } from '../kv/kv.ts'
import type { NameRecord } from './records.ts'

/** Somebody else has written: whoever that was goes on. */
export class NotOurs extends Error {}

/** What is known of a name, as this front has read or written it last. */
export interface HeldName {
  readonly record: NameRecord
  /** Fails when another front has written it. */
  write(record: NameRecord, more?: { checks: Check[]; writes: Write[] }): Promise<void>
}

export function heldName(kv: Kv, { key, value, version }: Entry<NameRecord>): HeldName {
  let [record, known] = [value, version]
  return {
    get record() {
      return record
    },
    async write(next, { checks, writes } = { checks: [], writes: [] }) {
      const outcome = await kv.commit([{ key, version: known }, ...checks], [{ key, value: next }, ...writes])
      if (!outcome.ok) throw new NotOurs(`${record.name} was written by another front`)
      ;[record, known] = [next, outcome.revision]
    },
  }
}
