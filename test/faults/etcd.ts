import { etcdKv } from '../../shared/kv/etcd.ts'
import type { ChangeSet, Kv } from '../../shared/kv/kv.ts'
import { keysOf, put } from '../kv/conformance.ts'
import type { EtcdCluster } from '../support/etcd.ts'
import { createProgress, type Progress } from './progress.ts'

/** What befalls a leader: it dies, or it hangs and comes back with whatever was on its way to it. */
export type Fate = 'kill' | 'freeze'

export interface LostLeadersOptions {
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
  /** Reads that did not show what was acknowledged before they began. */
  staleReads: string[]
  failures: unknown[]
  /** All that the watcher was told. */
  sets: ChangeSet[]
  /** For each lost leader: until a write was acknowledged that began after that. */
  resumedAfterMs: number[]
}

/** Several fronts write and one watches while the cluster loses its leader again and again. */
export async function lostLeaders(etcd: EtcdCluster, options: LostLeadersOptions): Promise<LostLeadersReport> {
  const { fronts, writersPerFront } = options
  const report: LostLeadersReport = {
    increments: 0,
    counter: 0,
    acknowledged: [],
    refused: [],
    found: [],
    staleReads: [],
    failures: [],
    sets: [],
    resumedAfterMs: [],
  }
  const members = etcd.endpoints.length
  const clients = Array.from({ length: fronts + 1 }, (_, i) =>
    etcdKv({ endpoints: etcd.endpoints, prefix: 'faults/', random: () => (i % members) / members }),
  )
  const [watcher, ...writers] = clients as [Kv, ...Kv[]]
  const progress = createProgress()
  const stop = new AbortController()

  const watching = watchToTheEnd(watcher, report)
  const writing = writers.flatMap((kv, front) =>
    Array.from({ length: writersPerFront }, (_, i) => write(kv, `${front}-${i}`, report, progress, stop.signal)),
  )
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

export const COUNTER = 'counter'
export const ONCE = 'once/'
/** Written last, so that the watcher knows that it has seen all. */
const END = 'end'

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

/** Keys of its own, and increments of the counter that all share, until it is told to stop. */
async function write(
  kv: Kv,
  name: string,
  report: LostLeadersReport,
  progress: Progress,
  signal: AbortSignal,
): Promise<void> {
  let known = 0
  for (let i = 0; !signal.aborted; i++) {
    try {
      const key = `${ONCE}${name}/${String(i).padStart(6, '0')}`
      const begunAtMs = performance.now()
      const once = await kv.commit([{ key, version: null }], [{ key, value: i }])
      ;(once.ok ? report.acknowledged : report.refused).push(key)
      progress.add(begunAtMs)

      const entry = await kv.get<number>(COUNTER)
      const version = entry?.version ?? null
      if ((version ?? 0) < known) report.staleReads.push(`${name} knew ${known} and read ${version}`)
      const next = await kv.commit([{ key: COUNTER, version }], [{ key: COUNTER, value: (entry?.value ?? 0) + 1 }])
      if (!next.ok) continue
      known = next.revision
      report.increments++
    } catch (error) {
      report.failures.push(error)
    }
  }
}

async function watchToTheEnd(kv: Kv, { sets }: LostLeadersReport): Promise<void> {
  for await (const set of kv.watch('', { from: 0, signal: new AbortController().signal })) {
    sets.push(set)
    if (set.changes.some(({ key }) => key === END)) return
  }
}
