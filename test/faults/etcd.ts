import { etcdKv } from '../../shared/kv/etcd.ts'
import type { ChangeSet, Kv } from '../../shared/kv/kv.ts'
import { keysOf, put } from '../kv/conformance.ts'
import type { EtcdCluster } from '../support/etcd.ts'
import { createProgress, type Progress } from './progress.ts'

/** What befalls a leader: it dies, or it hangs and comes back with whatever was on its way to it. */
export type Fate = 'kill' | 'freeze'

export interface LostLeadersOptions {
  /** Where the fronts ask: the members themselves, or what stands before each. */
  endpoints: string[]
  /** Of one leader after the other. */
  fates: Fate[]
  /** Each front is a client of its own; they begin with the members in turn. */
  fronts: number
  writersPerFront: number
  /** Before a leader is lost, while it is away, and after the last. */
  writesPerRound: number
}

/** What was promised to the writers, and what came of it. */
export interface LostLeadersReport {
  /** Increments of one counter that were acknowledged, and what it says in the end. */
  increments: number
  counter: number
  /** Keys whose commits demand their absence, and that nobody else writes. */
  acknowledged: string[]
  /** Those of them that were refused: something had applied them before. */
  refused: string[]
  found: string[]
  /** Writes without any check: the key, and how often it was written. */
  unchecked: Map<string, number>
  /** Reads and checks through another member that did not know what was acknowledged before they began. */
  stale: string[]
  failures: unknown[]
  /** All that the watcher was told. */
  sets: ChangeSet[]
  /** For each lost leader: until a write was acknowledged that began after that. */
  resumedAfterMs: number[]
  slowestWriteMs: number
}

export const COUNTER = 'counter'
export const ONCE = 'once/'
const UNCHECKED = 'unchecked/'
/** Written last, so that the watcher knows that it has seen all. */
const END = 'end'

/** Several fronts write and one watches while the cluster loses its leader again and again. */
export async function lostLeaders(etcd: EtcdCluster, options: LostLeadersOptions): Promise<LostLeadersReport> {
  const { endpoints, fronts, writersPerFront } = options
  const report = emptyReport()
  const clients = Array.from({ length: fronts + 1 }, (_, i) =>
    etcdKv({ endpoints, prefix: 'faults/', random: () => (i % endpoints.length) / endpoints.length }),
  )
  const [watcher, ...writers] = clients as [Kv, ...Kv[]]
  const progress = createProgress()
  const stop = new AbortController()

  const watching = watchToTheEnd(watcher, report)
  const writing = writers.flatMap((kv, front) => {
    const other = writers[(front + 1) % fronts] as Kv
    const names = Array.from({ length: writersPerFront }, (_, i) => `${front}-${i}`)
    return names.map((name) => write({ kv, other, name, report, progress }, stop.signal))
  })
  try {
    await loseLeaders(etcd, options, report, progress)
  } finally {
    stop.abort()
    await Promise.all(writing)
  }
  await put(watcher, END, 0)
  await watching

  report.counter = (await watcher.get<number>(COUNTER))?.value ?? 0
  report.found = await keysOf(watcher, ONCE)
  await Promise.all(clients.map((kv) => kv.close()))
  return report
}

async function loseLeaders(
  etcd: EtcdCluster,
  { fates, writesPerRound }: LostLeadersOptions,
  { resumedAfterMs }: LostLeadersReport,
  progress: Progress,
): Promise<void> {
  for (const fate of fates) {
    await progress.more(writesPerRound)
    const leader = await etcd.leader()
    if (fate === 'kill') await etcd.kill(leader)
    else etcd.freeze(leader)
    const lostAtMs = performance.now()
    resumedAfterMs.push((await progress.firstBegunAfter(lostAtMs)) - lostAtMs)
    await progress.more(writesPerRound)
    if (fate === 'kill') await etcd.restart(leader)
    else etcd.thaw(leader)
  }
  await progress.more(writesPerRound)
}

interface Writer {
  kv: Kv
  /** Another front's, that asks another member. */
  other: Kv
  name: string
  report: LostLeadersReport
  progress: Progress
}

async function write(writer: Writer, signal: AbortSignal): Promise<void> {
  for (let i = 0; !signal.aborted; i++) {
    try {
      await writeOnce(writer, i)
      await writeUnchecked(writer, i)
      await increment(writer)
    } catch (error) {
      writer.report.failures.push(error)
    }
  }
}

async function writeOnce({ kv, other, name, report, progress }: Writer, i: number): Promise<void> {
  const key = `${ONCE}${name}/${String(i).padStart(6, '0')}`
  const begunAtMs = performance.now()
  const result = await kv.commit([{ key, version: null }], [{ key, value: i }])
  report.slowestWriteMs = Math.max(report.slowestWriteMs, performance.now() - begunAtMs)
  progress.add(begunAtMs)
  if (!result.ok) {
    report.refused.push(key)
    return
  }
  report.acknowledged.push(key)
  const version = result.revision
  const [entry, check] = await Promise.all([other.get(key), other.commit([{ key, version }], [])])
  if (entry?.version !== version || !check.ok) report.stale.push(key)
}

async function writeUnchecked({ kv, name, report }: Writer, i: number): Promise<void> {
  const key = UNCHECKED + name
  await put(kv, key, i)
  report.unchecked.set(key, (report.unchecked.get(key) ?? 0) + 1)
}

/** Of the counter that all share. Refused when another was faster. */
async function increment({ kv, report }: Writer): Promise<void> {
  const entry = await kv.get<number>(COUNTER)
  const check = { key: COUNTER, version: entry?.version ?? null }
  const result = await kv.commit([check], [{ key: COUNTER, value: (entry?.value ?? 0) + 1 }])
  if (result.ok) report.increments++
}

async function watchToTheEnd(kv: Kv, { sets }: LostLeadersReport): Promise<void> {
  for await (const set of kv.watch('', { from: 0, signal: new AbortController().signal })) {
    sets.push(set)
    if (set.changes.some(({ key }) => key === END)) return
  }
}

const emptyReport = (): LostLeadersReport => ({
  increments: 0,
  counter: 0,
  acknowledged: [],
  refused: [],
  found: [],
  unchecked: new Map(),
  stale: [],
  failures: [],
  sets: [],
  resumedAfterMs: [],
  slowestWriteMs: 0,
})
