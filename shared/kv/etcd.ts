import { createCommit } from './etcd/commit.ts'
import { type ConnectOptions, connectEtcd } from './etcd/connect.ts'
import { renewedLease } from './etcd/leases.ts'
import { createSlots } from './etcd/slots.ts'
import { watchEtcd } from './etcd/watch.ts'
import { keySpace, type RangeAnswer, toEntry } from './etcd/wire.ts'
import type { Json, Kv, ListOptions } from './kv.ts'
import { assertKey, pageLimit } from './limits.ts'

export interface EtcdKvOptions extends ConnectOptions {
  /** Before all that is kept in etcd. Default `cloudlunacy/`. */
  prefix?: string
  /** How long a watch trusts a connection that brings nothing. Default 30,000. */
  silenceMs?: number
  /** How long a process that was killed leaves traces. Default 3,600. */
  slotLeaseSeconds?: number
  /** Must be unique among all clients there ever were. */
  newId?: () => string
}

/** Several fronts may share it: every promise of the store holds across them, and while etcd changes its leader. */
export function etcdKv({
  prefix = 'cloudlunacy/',
  attemptMs = 1_000,
  silenceMs = 30_000,
  slotLeaseSeconds = 3_600,
  newId = () => crypto.randomUUID(),
  now = () => performance.now(),
  ...connection
}: EtcdKvOptions): Kv {
  assertKey(prefix)
  const keys = keySpace(`${prefix}keys/`)
  const slotKeys = keySpace(`${prefix}slots/${newId()}/`)
  // etcd takes 128 operations and 1.5 MiB: the rest is for the slot, and for the checks' keys and the prefixes.
  const limits = { maxOperations: 100, maxCommitBytes: 1.25 * 1024 * 1024 }

  const { client, transport } = connectEtcd({ ...connection, attemptMs, now })
  const slotLease = renewedLease(client, slotLeaseSeconds, now)
  const slots = createSlots({
    lease: slotLease,
    leaseSeconds: slotLeaseSeconds,
    keyOf: (number) => slotKeys.encode(String(number)),
    size: 64,
    now,
  })
  const closing = new AbortController()

  return {
    ...limits,

    async get<T extends Json>(key: string) {
      const { kvs } = await client.call<RangeAnswer>('/v3/kv/range', { key: keys.encode(key) })
      return kvs?.[0] ? toEntry<T>(keys, kvs[0]) : null
    },

    async list<T extends Json>(prefix: string, { after = '', limit }: ListOptions = {}) {
      const { header, kvs, more } = await client.call<RangeAnswer>('/v3/kv/range', {
        // The first key after a key is that key and a zero byte.
        key: keys.encode(after >= prefix ? `${after}\0` : prefix),
        range_end: keys.encodeEnd(prefix),
        limit: pageLimit(limit),
      })
      const entries = (kvs ?? []).map((entry) => toEntry<T>(keys, entry))
      return { entries, next: more ? (entries.at(-1)?.key ?? null) : null, revision: Number(header.revision) }
    },

    commit: createCommit({ client, keys, limits, slots, slotLease }),

    watch: (prefix, { from, signal }) =>
      watchEtcd({ client, transport, keys, silenceMs }, prefix, {
        from,
        signal: AbortSignal.any([signal, closing.signal]),
      }),

    async close() {
      closing.abort()
      await slots.close(now() + attemptMs)
    },
  }
}
