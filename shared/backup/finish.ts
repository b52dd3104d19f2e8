import type { Entry, Json, Kv, Write } from '../kv/kv.ts'
import { toCheck } from '../kv/transact.ts'
import { sleep } from '../lib/sleep.ts'
import type { Log } from '../log/log.ts'
import { STORE_SECRET, type StoreSecretRecord } from '../secrets/store-secret.ts'
import { SECRET_MAX_AGE_MS } from '../secrets/store-secrets.ts'
import { kindAt } from './kinds/kinds.ts'
import { slicesOf } from './slices.ts'
import type { StoreRecord } from './snapshot.ts'
import {
  deleteUnder,
  discard,
  type Limits,
  MARKER,
  type Marker,
  MOST_WRITES,
  PARTS,
  type StagedPart,
} from './staging.ts'

export interface FinishOptions {
  /** Its commits are kept below the engine's limits, so that none of them is staged. */
  kv: Kv
  limits: Limits
  now: () => number
  /** How long a released name waits. */
  releaseSeconds: number
  log: Log
}

/** What stays of the front that imports: what it keeps for itself, and what was done there. */
const KEPT = ['~', 'meta/schema', 'meta/key-check', 'meta/header-secret', STORE_SECRET, 'audit/']
/** By then every front knows that its secret is not the store's any more, and what it had begun has failed or ended. */
const GRACE_MS = 2 * SECRET_MAX_AGE_MS

/**
 * Brings a decided import to its end, from wherever it was cut off: several may do so at the same time.
 * `undoOthers`: what was only staged is nobody's any more.
 */
export async function finishImport(options: FinishOptions, { undoOthers = false } = {}): Promise<void> {
  const { kv, limits, now, log } = options
  const marker = await kv.get<Marker>(MARKER)
  if (!marker) return
  if (marker.value.state === 'staging') {
    if (undoOthers || marker.value.deadlineMs <= now()) await discard(kv, limits)
    return
  }
  log.info('An import is decided: putting its document in place')
  if (marker.value.state === 'clearing') await clear(options, marker)
  for (let part = await firstPart(kv); part; part = await firstPart(kv)) await writePart(options, part)
  await end(kv)
  log.info('An import is done')
}

async function clear({ kv, limits }: FinishOptions, marker: Entry<Marker>): Promise<void> {
  await sleep(GRACE_MS)
  // Another front may be done with it already, and then what is there was written.
  const checks = [toCheck(marker)]
  const isKept = (key: string) => KEPT.some((prefix) => key.startsWith(prefix))
  if (!(await deleteUnder(kv, '', { limits, isKept, checks }))) return
  const writing: Marker = { ...marker.value, state: 'writing' }
  await kv.commit(checks, [{ key: MARKER, value: writing }])
}

async function firstPart(kv: Kv): Promise<Entry<StagedPart> | undefined> {
  return (await kv.list<StagedPart>(PARTS, { limit: 1 })).entries[0]
}

/** In its turn, and as long as it is there: who is late must not write over what a later part says. */
async function writePart({ kv, limits, now, releaseSeconds }: FinishOptions, part: Entry<StagedPart>): Promise<void> {
  const check = [toCheck(part)]
  const most = { records: Math.min(limits.maxOperations - 1, MOST_WRITES), bytes: limits.maxCommitBytes / 2 }
  for (const slice of slicesOf(part.value.records, most)) {
    const releasedAfterMs = now() - releaseSeconds * 1_000
    const writes = slice.map((record) => writeOf(record, releasedAfterMs))
    if (!(await kv.commit(check, writes)).ok) return
  }
  await kv.commit(check, [{ key: part.key, delete: true }])
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
    [toCheck(marker), toCheck(secret)],
    [
      { key: MARKER, delete: true },
      { key: STORE_SECRET, value: { ...secret.value, importing: false } },
    ],
  )
}
