import { createAlarm } from '../lib/alarm.ts'
import { sortedMap } from '../lib/sorted-map.ts'
import { type ChangeLog, createBell, followLog } from './change-log.ts'
import type { Change, ChangeSet, Entry, Json, Kv, ListOptions } from './kv.ts'
import { assertCommit, type EncodedWrite, encodeWrite, KEPT_REVISIONS, pageLimit, prefixEnd } from './limits.ts'

interface Stored {
  /** JSON text, so that nobody can change a stored value through a reference to it. */
  text: string
  version: number
  expiresAtMs: number
}

const LIMITS = { maxOperations: 50_000, maxCommitBytes: 64 * 1024 * 1024 }

export interface MemoryKvOptions {
  /** How many revisions a watcher may be behind. Default 10,000. */
  keptRevisions?: number
  now?: () => number
}

/** Everything is gone with the process: for tests, for trials, and as the model that the other adapters follow. */
export function memoryKv({ keptRevisions = KEPT_REVISIONS, now = Date.now }: MemoryKvOptions = {}): Kv {
  const entries = sortedMap<Stored>()
  const log: ChangeSet[] = []
  const bell = createBell()
  const alarm = createAlarm(() => removeExpired(), now)
  let revision = 0

  const apply = ({ key, text, expiresAtMs }: EncodedWrite, version: number): Change[] => {
    if (text === null) return entries.delete(key) ? [{ key, deleted: true, version }] : []
    const stored = { text, version, expiresAtMs }
    entries.set(key, stored)
    alarm.add(expiresAtMs)
    return [{ deleted: false, ...toEntry(key, stored) }]
  }

  const write = (writes: EncodedWrite[]): void => {
    const changes = writes.flatMap((each) => apply(each, revision + 1))
    if (changes.length === 0) return
    revision += 1
    log.push({ revision, changes })
    if (log.length >= 2 * keptRevisions) log.splice(0, log.length - keptRevisions)
    bell.ring()
  }

  const removeExpired = (): void => {
    if (now() < alarm.atMs) return
    const expired: EncodedWrite[] = []
    let nextMs = Number.POSITIVE_INFINITY
    for (const [key, { expiresAtMs }] of entries.from('')) {
      if (expiresAtMs <= now()) expired.push({ key, text: null, expiresAtMs })
      else nextMs = Math.min(nextMs, expiresAtMs)
    }
    alarm.set(nextMs)
    write(expired)
  }

  const changes: ChangeLog = {
    bell,
    revisions: () => ({ current: revision, compacted: revision - log.length }),
    read: (prefix, after) => ({
      sets: log.slice(after - revision).flatMap((set) => under(prefix, set)),
      readTo: revision,
    }),
  }

  return {
    ...LIMITS,

    async get<T extends Json>(key: string) {
      removeExpired()
      const stored = entries.get(key)
      return stored ? toEntry<T>(key, stored) : null
    },

    async list<T extends Json>(prefix: string, { after = '', limit }: ListOptions = {}) {
      removeExpired()
      const found: Entry<T>[] = []
      const end = prefixEnd(prefix)
      for (const [key, stored] of entries.from(after > prefix ? after : prefix)) {
        if (key >= end) break
        if (key === after) continue
        if (found.length === pageLimit(limit)) return { entries: found, next: found.at(-1)?.key ?? null, revision }
        found.push(toEntry<T>(key, stored))
      }
      return { entries: found, next: null, revision }
    },

    async commit(checks, writes) {
      assertCommit(LIMITS, checks, writes)
      const encoded = writes.map((each) => encodeWrite(each, now()))
      removeExpired()
      if (checks.some(({ key, version }) => (entries.get(key)?.version ?? null) !== version)) return { ok: false }
      write(encoded)
      return { ok: true, revision }
    },

    watch: (prefix, options) => followLog(changes, prefix, options),

    async close() {
      alarm.set(Number.POSITIVE_INFINITY)
      bell.close()
    },
  }
}

function toEntry<T extends Json>(key: string, { text, version }: Stored): Entry<T> {
  return { key, value: JSON.parse(text), version }
}

function under(prefix: string, { revision, changes }: ChangeSet): ChangeSet[] {
  const matching = changes.filter((change) => change.key.startsWith(prefix))
  return matching.length === 0 ? [] : [{ revision, changes: matching }]
}
