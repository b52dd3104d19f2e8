import { knownEdges } from '../certificates/known-edges.ts'
import { edgeKey } from '../certificates/store-keys.ts'
import type { Entry, Kv } from '../kv/kv.ts'
import { createLeading, type Leading } from '../kv/leading.ts'
import { type Mirror, mirrorOf } from '../kv/mirror.ts'
import { whileFollowing } from '../kv/while-following.ts'
import type { Log } from '../log/log.ts'
import { coveredBy, isDnsName } from '../pki/names.ts'
import type { NameWork } from './name-work.ts'
import { freshName, needOf } from './need.ts'
import { ACME_LEASE, ACME_NAMES, type NameRecord, nameKey } from './records.ts'

/** Sees to it that each wanted name has a certificate of the ACME server, and keeps it. */
export type Acme = Leading

export interface AcmeOptions {
  kv: Kv
  log: Log
  now: () => number
  work: NameWork
  directory: string
  /** The names that may have a certificate: these and those that are proved, and nothing else is ever ordered. */
  always: readonly string[]
  proved: Mirror<string | null>
  /** Whom the lease belongs to. */
  holder: string
  /** Nobody else uses the store. */
  ownsStore: boolean
  tickMs?: number
}

/** So many orders are under way at a time. */
const AT_ONCE = 8

type Known = { record: NameRecord; version: number }

export function createAcme(options: AcmeOptions): Acme {
  const { kv, log, now, work, directory, always, proved, holder, ownsStore, tickMs = 5_000 } = options
  const ring = () => leading.wake()

  const names = mirrorOf<NameRecord, Known>({
    kv,
    prefix: ACME_NAMES,
    pick: (record, version) => ({ record, version }),
    what: 'the names of certificates',
    log,
  })
  const edges = knownEdges(kv, log)

  const wanted = (): ReadonlySet<string> => {
    const domains = [...proved.all.values()].filter((name) => name !== null)
    return new Set([...always, ...domains].filter(isDnsName))
  }

  /** What somebody has uploaded a certificate for is theirs to renew. */
  const uploadedNames = (): string[] =>
    [...edges.all.values()].flatMap((edge) => (edge.origin === 'upload' && edge.notAfterMs > now() ? edge.names : []))

  const lead = async (signal: AbortSignal, next: () => Promise<void>) => {
    const busy = new Map<string, Promise<void>>()
    try {
      while (!signal.aborted) {
        await begin(busy, signal)
        await next()
      }
    } finally {
      await Promise.all(busy.values())
    }
  }

  /** With what is due, as far as there is room for it. */
  const begin = async (busy: Map<string, Promise<void>>, signal: AbortSignal) => {
    const want = wanted()
    await keepNames(want)
    const isUploaded = coveredBy(uploadedNames())
    for (const name of want) {
      const known = names.all.get(name)
      if (busy.size >= AT_ONCE || now() < work.quietUntilMs) break
      if (!known || busy.has(name) || isUploaded(name)) continue
      if (needOf(known.record, { directory, nowMs: now() }) === null) continue
      const entry = { key: nameKey(name), value: known.record, version: known.version }
      const done = tend(entry, signal).finally(() => {
        busy.delete(name)
        ring()
      })
      busy.set(name, done)
    }
  }

  /** What became of it is known before the store tells, lest it be begun once more by what is known. */
  const tend = async (entry: Entry<NameRecord>, signal: AbortSignal) => {
    await work.tend(entry, signal)
    const latest = await kv.get<NameRecord>(entry.key).catch(() => undefined)
    if (latest !== undefined) names.put(entry.value.name, latest && { record: latest.value, version: latest.version })
  }

  const mark = async ({ record, version }: Known, { unwanted }: Pick<NameRecord, 'unwanted'>) => {
    const { unwanted: _, ...rest } = record
    const key = nameKey(record.name)
    await kv.commit([{ key, version }], [{ key, value: { ...rest, ...(unwanted && { unwanted }) } }])
  }

  /** A record for each that is new; none for those that nobody wants and that have no certificate any more. */
  const keepNames = async (want: ReadonlySet<string>) => {
    for (const name of want) {
      const known = names.all.get(name)
      if (known?.record.unwanted) await mark(known, { unwanted: undefined })
      if (known) continue
      const write = { key: nameKey(name), value: freshName(name, directory) }
      await kv.commit([{ key: write.key, version: null }], [write])
    }
    for (const [name, known] of names.all) {
      if (want.has(name)) continue
      const { record, version } = known
      const edge = edges.all.get(name)
      if (edge && edge.notAfterMs > now()) {
        // Whoever is at an order goes on with the record as it is.
        if (!record.unwanted && record.order === null) await mark(known, { unwanted: true })
        continue
      }
      const writes = [nameKey(name), ...(edge?.origin === 'acme' ? [edgeKey(name)] : [])]
      await kv.commit(
        [{ key: nameKey(name), version }],
        writes.map((key) => ({ key, delete: true })),
      )
    }
  }

  const failed = (error: unknown) => log.error('Could not look after the certificates: trying again', { error })
  const leading = createLeading({ kv, key: ACME_LEASE, holder, ownsStore, tickMs, failed }, (signal, next) =>
    whileFollowing({ mirrors: [names, edges, proved], changed: ring }, signal, () => lead(signal, next)),
  )
  return leading
}
