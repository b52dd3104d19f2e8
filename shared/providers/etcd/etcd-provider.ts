import { AppError } from '../../errors.ts'
import { type ConnectOptions, connectEtcd } from '../../kv/etcd/connect.ts'
import { watchEtcd } from '../../kv/etcd/watch.ts'
import { keySpace, type RangeAnswer } from '../../kv/etcd/wire.ts'
import type { BackendProvider } from '../provider.ts'
import type { Snapshot } from '../snapshot.ts'
import { SourceError, systemCode } from '../source-error.ts'
import { watchSnapshots } from '../watched-snapshots.ts'
import { createEtcdRecords, type EtcdRecords } from './to-snapshot.ts'

export interface EtcdOptions extends ConnectOptions {
  /** Before all keys, such as `/gateway/`. */
  prefix: string
  /** How long a connection is trusted that brings nothing. Default 30,000. */
  silenceMs?: number
}

const PAGE = 1_000
/** So many attempts to go on with a watch are no trouble yet: a leader has changed, or a quiet connection was given up. */
const TRIES = 3

/** Watches a prefix of etcd: backends, and single servers of them. */
export function createEtcdProvider({ prefix, silenceMs = 30_000, ...connection }: EtcdOptions): BackendProvider {
  const { client, transport } = connectEtcd(connection)
  const keys = keySpace(prefix, toText)
  const deps = { client, transport, keys, silenceMs, mostFailures: TRIES }

  /** All that there is at one revision. */
  const readAll = async (records: EtcdRecords): Promise<number> => {
    let revision = 0
    let from: string | null = keys.encode('')
    while (from !== null) {
      const request: object = { key: from, range_end: keys.encodeEnd(''), limit: PAGE, revision }
      const { header, kvs = [], more }: RangeAnswer = await client.call('/v3/kv/range', request)
      revision ||= Number(header.revision)
      for (const { key, value } of kvs) records.set(keys.decode(key), toText(value))
      from = more ? keys.encode(`${keys.decode(kvs.at(-1)?.key ?? '')}\0`) : null
    }
    return revision
  }

  return watchSnapshots(async function* ({ signal }): AsyncGenerator<Snapshot> {
    while (!signal.aborted) {
      const records = createEtcdRecords()
      try {
        const revision = await readAll(records)
        yield records.snapshot()
        for await (const { changes } of watchEtcd(deps, '', {
          from: revision,
          signal,
        })) {
          for (const change of changes) {
            if (change.deleted) records.delete(change.key)
            else records.set(change.key, String(change.value))
          }
          yield records.snapshot()
        }
      } catch (error) {
        // What has happened since is not known any more: all that there is is read again.
        if (!(error instanceof AppError && error.code === 'STORE_COMPACTED')) throw inWords(error)
      }
    }
  })
}

function inWords(cause: unknown): SourceError {
  if (!(cause instanceof AppError))
    return new SourceError(`etcd cannot be reached (${systemCode(cause) ?? cause})`, { cause })
  return new SourceError(cause.message.replace(/^The store /, 'etcd ').replace(/: etcd /, ': it '), { cause })
}

/** UTF-8, as etcdctl writes it. The gateway leaves out what is empty. */
function toText(base64 = ''): string {
  const bytes = Uint8Array.from(atob(base64), (character) => character.charCodeAt(0))
  return new TextDecoder().decode(bytes)
}
