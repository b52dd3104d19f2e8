import { AppError } from '../../errors.ts'
import { sleep } from '../../lib/sleep.ts'
import { compactedError } from '../change-log.ts'
import type { Change, ChangeSet, WatchOptions } from '../kv.ts'
import type { Client } from './client.ts'
import { GRPC, Refusal, toFailure, type WireError } from './failure.ts'
import { jsonLines } from './json-lines.ts'
import type { Transport } from './transport.ts'
import { type KeySpace, toEntry, type WatchAnswer, type WireEvent } from './wire.ts'

export interface WatchDeps {
  client: Client
  transport: Transport
  keys: KeySpace
  /** A connection that brought nothing for so long may be dead: another member is asked. */
  silenceMs: number
  /** After so many failures in a row it throws. Default: it goes on trying. */
  mostFailures?: number
}

export async function* watchEtcd(
  deps: WatchDeps,
  prefix: string,
  { from, signal }: WatchOptions,
): AsyncGenerator<ChangeSet> {
  const { client, keys, mostFailures = Number.POSITIVE_INFINITY } = deps
  let seen = from
  let failures = 0
  let member = client.member()
  while (!signal.aborted) {
    try {
      const limitMs = client.limitMs(failures)
      for await (const answer of connect(deps, { member, start: seen + 1, limitMs }, signal)) {
        if (answer.created) await assertKnown(deps, { member, seen, limitMs })
        if (answer.compact_revision !== undefined) throw compactedError(seen)
        if (answer.canceled) break
        failures = 0
        for (const set of toChangeSets(keys, prefix, answer.events ?? [])) {
          seen = set.revision
          if (set.changes.length > 0) yield set
          if (signal.aborted) return
        }
      }
    } catch (error) {
      if (signal.aborted) return
      if (isFinal(error) || failures >= mostFailures) throw error
    }
    await sleep(client.pauseMs(failures++), signal)
    member = client.member(member)
  }
}

type WatchLine = { result: WatchAnswer; error?: never } | { error: WireError }

/**
 * Asks for the whole store, whatever the prefix: so each commit moves the watcher on. One that saw only a quiet prefix
 * would fall behind the compaction, and with each new connection etcd would search all revisions since.
 */
async function* connect(
  { transport, keys, silenceMs }: WatchDeps,
  { member, start, limitMs }: { member: string; start: number; limitMs: number },
  signal: AbortSignal,
): AsyncGenerator<WatchAnswer> {
  const request = { key: keys.encode(''), range_end: keys.encodeEnd(''), start_revision: start }
  const connection = new AbortController()
  const giveUpAfter = (ms: number) => setTimeout(() => connection.abort(new Error(`nothing came for ${ms} ms`)), ms)
  let timer = giveUpAfter(limitMs)
  try {
    const stream = await transport.stream(
      member,
      '/v3/watch',
      JSON.stringify({ create_request: request }),
      AbortSignal.any([signal, connection.signal]),
    )
    for await (const line of jsonLines<WatchLine>(stream)) {
      clearTimeout(timer)
      if (line.error) throw toFailure(line.error)
      yield line.result
      timer = giveUpAfter(silenceMs)
    }
  } finally {
    clearTimeout(timer)
    connection.abort()
  }
}

/**
 * The watch itself would wait for a revision that is to come, though that history may be another store's;
 * and started right at the compacted revision it leaves out the deletes of that one.
 */
async function assertKnown(
  { transport, keys }: WatchDeps,
  { member, seen, limitMs }: { member: string; seen: number; limitMs: number },
): Promise<void> {
  const range = JSON.stringify({ key: keys.encode(''), revision: seen })
  try {
    await transport.ask(member, '/v3/kv/range', range, limitMs)
  } catch (error) {
    throw error instanceof Refusal && error.grpcCode === GRPC.OUT_OF_RANGE ? compactedError(seen) : error
  }
}

/** One response holds whole revisions, as no fragments were asked for. Those without a change here are empty. */
function toChangeSets(keys: KeySpace, prefix: string, events: WireEvent[]): ChangeSet[] {
  const sets: ChangeSet[] = []
  for (const event of events) {
    const revision = Number(event.kv.mod_revision)
    if (sets.at(-1)?.revision !== revision) sets.push({ revision, changes: [] })
    if (keys.decode(event.kv.key).startsWith(prefix)) sets.at(-1)?.changes.push(toChange(keys, event))
  }
  return sets
}

function toChange(keys: KeySpace, { type, kv }: WireEvent): Change {
  if (type === 'DELETE') return { key: keys.decode(kv.key), deleted: true, version: Number(kv.mod_revision) }
  return { deleted: false, ...toEntry(keys, kv) }
}

const isFinal = (error: unknown) =>
  error instanceof Refusal || (error instanceof AppError && error.code === 'STORE_COMPACTED')
