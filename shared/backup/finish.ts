import type { Entry, Json, Kv, Write } from '../kv/kv.ts'
import { encodeValue } from '../kv/limits.ts'
import { sleep } from '../lib/sleep.ts'
import { STORE_SECRET, type StoreSecretRecord } from '../secrets/store-secret.ts'
import { SECRET_MAX_AGE_MS } from '../secrets/store-secrets.ts'
import { kindAt } from './kinds/kinds.ts'
import type { StoreRecord } from './snapshot.ts'
import { deleteUnder, discard, type Limits, MARKER, type Marker, PARTS, type StagedPart } from './staging.ts'

export interface FinishOptions {
  /** Its commits are kept below the engine's limits, so that none of them is staged. */
  kv: Kv
  limits: Limits
  now: () => number
  /** How long a released name waits. */
  releaseSeconds: number
}

/** What stays of the front that imports: what it keeps for itself, and what was done there. */
const KEPT = ['~', 'meta/schema', 'meta/key-check', 'meta/header-secret', STORE_SECRET, 'audit/']
const MOST_WRITES = 500
/** By then every front knows that its secret is not the store's any more, and what it had begun has failed or ended. */
const GRACE_MS = 2 * SECRET_MAX_AGE_MS

/**
 * Brings a decided import to its end, from wherever it was cut off: several may do so at the same time.
 * `undoOthers`: what was only staged is nobody's any more.
 */
export async function finishImport(options: FinishOptions, { undoOthers = false } = {}): Promise<void> {
  const { kv, limits, now } = options
  const marker = await kv.get<Marker>(MARKER)
  if (!marker) return
  if (marker.value.state === 'staging') {
    if (undoOthers || marker.value.deadlineMs <= now()) await discard(kv, limits)
    return
  }
  if (marker.value.state === 'clearing') await clear(options, marker)
  for (let part = await firstPart(kv); part; part = await firstPart(kv)) await writePart(options, part)
  await end(kv)
}

async function clear({ kv, limits }: FinishOptions, marker: Entry<Marker>): Promise<void> {
  await sleep(GRACE_MS)
  await deleteUnder(kv, '', limits, (key) => KEPT.some((prefix) => key.startsWith(prefix)))
  const writing: Marker = { ...marker.value, state: 'writing' }
  await kv.commit([{ key: MARKER, version: marker.version }], [{ key: MARKER, value: writing }])
}

async function firstPart(kv: Kv): Promise<Entry<StagedPart> | undefined> {
  return (await kv.list<StagedPart>(PARTS, { limit: 1 })).entries[0]
}

/** In its turn, and as long as it is there: who is late must not write over what a later part says. */
async function writePart(options: FinishOptions, part: Entry<StagedPart>): Promise<void> {
  const check = [{ key: part.key, version: part.version }]
  for (const writes of slices(part.value.records, options)) {
    if (!(await options.kv.commit(check, writes)).ok) return
  }
  await options.kv.commit(check, [{ key: part.key, delete: true }])
}

function* slices(records: StoreRecord[], { limits, now, releaseSeconds }: FinishOptions): Generator<Write[]> {
  const most = { writes: Math.min(limits.maxOperations - 1, MOST_WRITES), bytes: limits.maxCommitBytes / 2 }
  let writes = new Map<string, Write>()
  let bytes = 0
  for (const record of records) {
    const size = record.key.length + ('value' in record ? encodeValue(record.value).length : 0)
    if (writes.size > 0 && (writes.size >= most.writes || bytes + size > most.bytes)) {
      yield [...writes.values()]
      writes = new Map()
      bytes = 0
    }
    writes.set(record.key, writeOf(record, now() - releaseSeconds * 1_000))
    bytes += size
  }
  if (writes.size > 0) yield [...writes.values()]
}

/** What was released before that waits no more. */
function writeOf(record: StoreRecord, releasedAfterMs: number): Write {
  if ('deleted' in record) return { key: record.key, delete: true }
  const { key, value } = record
  const writtenAt = kindAt(key)?.writtenAt?.(value as Json)
  if (writtenAt === undefined || writtenAt === null) return { key, value }
  const seconds = Math.ceil((Date.parse(writtenAt) - releasedAfterMs) / 1_000)
  return seconds > 0 ? { key, value, expiresInSeconds: seconds } : { key, delete: true }
}

/** Only whoever sees the marker lets everybody in again. */
async function end(kv: Kv): Promise<void> {
  const [marker, secret] = [await kv.get<Marker>(MARKER), await kv.get<StoreSecretRecord>(STORE_SECRET)]
  if (!marker || !secret || (await firstPart(kv))) return
  await kv.commit(
    [marker, secret].map(({ key, version }) => ({ key, version })),
    [
      { key: MARKER, delete: true },
      { key: STORE_SECRET, value: { ...secret.value, importing: false } },
    ],
  )
}
