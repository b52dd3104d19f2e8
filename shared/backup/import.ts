import { AppError } from '../errors.ts'
import { AGENTS } from '../identity/agent-record.ts'
import type { KeyedHash } from '../identity/keyed-hash.ts'
import type { Kv, Write } from '../kv/kv.ts'
import type { Vault } from '../pki/index.ts'
import { ROUTES } from '../routes/store-keys.ts'
import { storeSecretWrite } from '../secrets/store-secret.ts'
import { madeOf } from '../secrets/store-secrets.ts'
import { type FinishOptions, finishImport } from './finish.ts'
import { assertFitting } from './head.ts'
import type { ImportContext } from './kinds/kind.ts'
import { readRecord } from './kinds/kinds.ts'
import { openDocument, type ReadOptions } from './read-document.ts'
import { slicesOf } from './slices.ts'
import type { StoreRecord } from './snapshot.ts'
import { discard, MARKER, type Marker, partKey, type StagedPart } from './staging.ts'

export interface ImportOptions extends FinishOptions {
  /** Under SECRET_KEY. */
  master: Vault
  newId: () => string
  schema: number
  context: ImportContext
  /** What this front adds to the document's records, hashed as those are. */
  added(hash: KeyedHash): Promise<Write[]>
  /** From here on the store's secret is another, and nobody gets it yet. */
  decided: () => void
}

/** After so long without a sign of life an import may be undone by others. */
const ABANDONED_AFTER_MS = 30_000
const MOST_PROBLEMS = 20
/** Of what is one value of the store. */
const STAGED = { records: 10_000, bytes: 256 * 1024 }

/** All of the document or nothing, also when this process is killed. Only into a front that is empty. */
export async function importDocument(options: ImportOptions, document: ReadOptions): Promise<void> {
  const { kv, limits, context, schema } = options
  assertFitting(document.head, context.names, schema)
  await assertEmpty(kv)
  const { secret, records } = await openDocument(document)
  const staging = await beginStaging(options)
  try {
    const { hash } = await madeOf(secret)
    for await (const batch of records) await staging.add(batch)
    await staging.add(await recordsToAdd(options, hash))
    staging.assertGood()
    await assertEmpty(kv)
    await staging.decide(await storeSecretWrite(options.master, secret, true))
  } catch (error) {
    await discard(kv, limits).catch(() => undefined)
    throw error
  }
  options.decided()
  await finishImport(options)
}

async function recordsToAdd({ added }: ImportOptions, hash: KeyedHash): Promise<StoreRecord[]> {
  return (await added(hash)).flatMap((write) => ('value' in write ? [{ key: write.key, value: write.value }] : []))
}

async function assertEmpty(kv: Kv): Promise<void> {
  for (const [prefix, what] of [
    [AGENTS, 'agents'],
    [ROUTES, 'routes'],
  ] as const) {
    if ((await kv.list(prefix, { limit: 1 })).entries.length === 0) continue
    throw new AppError('NOT_EMPTY', `This front has ${what} already: import into one that is new, or remove them first`)
  }
}

async function beginStaging(options: ImportOptions) {
  const { kv, now, newId, context } = options
  const problems: string[] = []
  let version = await claimMarker(options)
  let number = 0

  const marker = (state: Marker['state']): Write => {
    const value: Marker = { id, state, deadlineMs: now() + ABANDONED_AFTER_MS }
    return { key: MARKER, value }
  }
  const id = newId()

  /** Fails when others took it for dead. */
  const commit = async (writes: Write[]) => {
    const outcome = await kv.commit([{ key: MARKER, version }], writes)
    if (!outcome.ok) throw new AppError('STORE_UNAVAILABLE', 'The import took too long, and was undone: try again')
    version = outcome.revision
  }

  const readOne = (record: StoreRecord): StoreRecord => {
    if ('deleted' in record) return record
    try {
      return { key: record.key, value: readRecord(record, context) }
    } catch (error) {
      if (!(error instanceof RangeError)) throw error
      problems.push(`${record.key}: ${error.message}`)
      return record
    }
  }

  const assertGood = () => {
    if (problems.length === 0) return
    throw new AppError('DOCUMENT_REFUSED', `This front cannot take what is in the document: ${problems[0]}`, {
      details: problems.slice(0, MOST_PROBLEMS),
    })
  }

  return {
    async add(batch: StoreRecord[]) {
      const records = batch.map(readOne)
      if (problems.length >= MOST_PROBLEMS) assertGood()
      for (const slice of slicesOf(records, STAGED)) {
        const part: StagedPart = { records: slice }
        await commit([marker('staging'), { key: partKey(number++), value: part }])
      }
    },
    assertGood,
    /** From here on it happens, whatever happens. */
    async decide(secret: Write) {
      await commit([marker('clearing'), secret])
    },
  }
}

async function claimMarker({ kv, limits, now, newId }: ImportOptions): Promise<number> {
  const known = await kv.get<Marker>(MARKER)
  if (known?.value.state === 'staging' && known.value.deadlineMs <= now()) await discard(kv, limits)
  const value: Marker = { id: newId(), state: 'staging', deadlineMs: now() + ABANDONED_AFTER_MS }
  const outcome = await kv.commit([{ key: MARKER, version: null }], [{ key: MARKER, value }])
  if (!outcome.ok) throw new AppError('IMPORT_RUNNING', 'Another import is under way: wait until it has ended')
  return outcome.revision
}
