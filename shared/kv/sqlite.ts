import { AppError } from '../errors.ts'
import { createAlarm } from '../lib/alarm.ts'
import { type ChangeLog, createBell, followLog } from './change-log.ts'
import type { Change, ChangeSet, Entry, Json, Kv, ListOptions } from './kv.ts'
import { assertCommit, type EncodedWrite, encodeWrite, KEPT_REVISIONS, pageLimit, prefixEnd } from './limits.ts'

export type SqlValue = null | number | string

/** What the adapter needs of an engine, so that Node's and a Durable Object's are the same to it. */
export interface SqlDatabase {
  /** Statements are the adapter's own constants: an engine may keep them prepared. */
  all<Row>(sql: string, ...values: SqlValue[]): Row[]
  run(sql: string, ...values: SqlValue[]): void
  /** Durable when it returns; undone when `work` throws. */
  transaction<T>(work: () => T): T
  close(): void
}

export interface SqliteKvOptions {
  /** How many revisions a watcher may be behind. Default 10,000. */
  keptRevisions?: number
  now?: () => number
  maxOperations?: number
  maxCommitBytes?: number
}

interface EntryRow {
  key: string
  value: string
  version: number
}

interface ChangeRow {
  revision: number
  key: string
  value: string | null
}

const SCHEMA_VERSION = 1
/** How many revisions a watcher reads at once. */
const WINDOW_REVISIONS = 256

/** One process at a time owns the database, so what it remembers of it (revision, next expiry) stays true. */
export function sqliteKv(
  db: SqlDatabase,
  {
    keptRevisions = KEPT_REVISIONS,
    now = Date.now,
    maxOperations = 50_000,
    maxCommitBytes = 64 * 1024 * 1024,
  }: SqliteKvOptions = {},
): Kv {
  db.transaction(() => createSchema(db))
  const bell = createBell()
  const alarm = createAlarm(() => removeExpired(), now)
  let { revision, compacted } = readRevisions(db)
  alarm.set(nextExpiry(db))

  const versionOf = (key: string): number | null =>
    db.all<{ version: number }>('SELECT version FROM entries WHERE key = ?', key)[0]?.version ?? null

  /** The caller's transaction; says whether anything changed. */
  const apply = (writes: EncodedWrite[]): boolean => {
    const next = revision + 1
    let changed = false
    for (const { key, text, expiresAtMs } of writes) {
      if (text === null && versionOf(key) === null) continue
      if (text === null) db.run('DELETE FROM entries WHERE key = ?', key)
      else db.run(UPSERT, key, text, next, expiresAtMs === Number.POSITIVE_INFINITY ? null : expiresAtMs)
      db.run('INSERT INTO changes (revision, key, value) VALUES (?, ?, ?)', next, key, text)
      changed = true
    }
    return changed
  }

  const advance = (): void => {
    revision += 1
    if (revision - compacted >= 2 * keptRevisions) forgetChanges(revision - keptRevisions)
    bell.ring()
  }

  const forgetChanges = (upTo: number): void => {
    db.run('DELETE FROM changes WHERE revision <= ?', upTo)
    compacted = upTo
  }

  const removeExpired = (): void => {
    if (now() < alarm.atMs) return
    const rows = db.all<{ key: string }>('SELECT key FROM entries WHERE expires_at <= ?', now())
    const changed = db.transaction(() => apply(rows.map(({ key }) => ({ key, text: null, expiresAtMs: 0 }))))
    alarm.set(nextExpiry(db))
    if (changed) advance()
  }

  const log: ChangeLog = {
    bell,
    revisions: () => ({ current: revision, compacted }),
    read(prefix, after) {
      const readTo = Math.min(revision, after + WINDOW_REVISIONS)
      return { sets: groupByRevision(db.all(CHANGES, after, readTo, prefix, prefixEnd(prefix))), readTo }
    },
  }

  return {
    maxOperations,
    maxCommitBytes,

    async get<T extends Json>(key: string) {
      removeExpired()
      const row = db.all<EntryRow>('SELECT key, value, version FROM entries WHERE key = ?', key)[0]
      return row ? toEntry<T>(row) : null
    },

    async list<T extends Json>(prefix: string, { after = '', limit }: ListOptions = {}) {
      removeExpired()
      const most = pageLimit(limit)
      const rows =
        after < prefix
          ? db.all<EntryRow>(FIRST_PAGE, prefix, prefixEnd(prefix), most + 1)
          : db.all<EntryRow>(NEXT_PAGE, after, prefixEnd(prefix), most + 1)
      const more = rows.length > most
      if (more) rows.pop()
      return { entries: rows.map((row) => toEntry<T>(row)), next: more ? (rows.at(-1)?.key ?? null) : null, revision }
    },

    async commit(checks, writes) {
      assertCommit({ maxOperations }, checks, writes)
      const encoded = writes.map((write) => encodeWrite(write, now()))
      removeExpired()
      const outcome = db.transaction(() => {
        if (checks.some(({ key, version }) => versionOf(key) !== version)) return 'refused'
        return apply(encoded) ? 'changed' : 'unchanged'
      })
      if (outcome === 'refused') return { ok: false }
      for (const { expiresAtMs } of encoded) alarm.add(expiresAtMs)
      if (outcome === 'changed') advance()
      return { ok: true, revision }
    },

    watch: (prefix, options) => followLog(log, prefix, options),

    async close() {
      if (bell.closed) return
      alarm.set(Number.POSITIVE_INFINITY)
      bell.close()
      db.close()
    },
  }
}

const UPSERT = `INSERT INTO entries (key, value, version, expires_at) VALUES (?, ?, ?, ?)
  ON CONFLICT (key) DO UPDATE SET value = excluded.value, version = excluded.version, expires_at = excluded.expires_at`
const FIRST_PAGE = 'SELECT key, value, version FROM entries WHERE key >= ? AND key < ? ORDER BY key LIMIT ?'
const NEXT_PAGE = 'SELECT key, value, version FROM entries WHERE key > ? AND key < ? ORDER BY key LIMIT ?'
const CHANGES = `SELECT revision, key, value FROM changes
  WHERE revision > ? AND revision <= ? AND key >= ? AND key < ? ORDER BY revision`

function createSchema(db: SqlDatabase): void {
  db.run('CREATE TABLE IF NOT EXISTS meta (name TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID')
  const known = db.all<{ value: number }>("SELECT value FROM meta WHERE name = 'schema'")[0]?.value
  if (known === SCHEMA_VERSION) return
  if (known !== undefined) {
    throw new AppError(
      'STORE_UNAVAILABLE',
      `The store has schema ${known} and this release knows ${SCHEMA_VERSION}: start the release that wrote it, or a newer one`,
    )
  }
  db.run(`CREATE TABLE entries (key TEXT PRIMARY KEY, value TEXT NOT NULL, version INTEGER NOT NULL, expires_at INTEGER)
    WITHOUT ROWID`)
  db.run('CREATE INDEX entries_by_expiry ON entries (expires_at) WHERE expires_at IS NOT NULL')
  db.run(`CREATE TABLE changes (revision INTEGER NOT NULL, key TEXT NOT NULL, value TEXT, PRIMARY KEY (revision, key))
    WITHOUT ROWID`)
  db.run("INSERT INTO meta (name, value) VALUES ('schema', ?)", SCHEMA_VERSION)
}

/** The newest change is never forgotten, so it tells the revision. */
function readRevisions(db: SqlDatabase): { revision: number; compacted: number } {
  const row = db.all<{ first: number | null; last: number | null }>(
    'SELECT min(revision) AS first, max(revision) AS last FROM changes',
  )[0]
  return { revision: row?.last ?? 0, compacted: (row?.first ?? 1) - 1 }
}

function nextExpiry(db: SqlDatabase): number {
  const sql = 'SELECT min(expires_at) AS at FROM entries WHERE expires_at IS NOT NULL'
  return db.all<{ at: number | null }>(sql)[0]?.at ?? Number.POSITIVE_INFINITY
}

function groupByRevision(rows: ChangeRow[]): ChangeSet[] {
  const sets: ChangeSet[] = []
  for (const row of rows) {
    const last = sets.at(-1)
    if (last?.revision === row.revision) last.changes.push(toChange(row))
    else sets.push({ revision: row.revision, changes: [toChange(row)] })
  }
  return sets
}

/** Parsed when it is looked at: who watches may know it already. */
const toChange = ({ revision, key, value }: ChangeRow): Change =>
  value === null
    ? { key, deleted: true, version: revision }
    : {
        key,
        deleted: false,
        get value() {
          return JSON.parse(value)
        },
        version: revision,
      }

function toEntry<T extends Json>({ key, value, version }: EntryRow): Entry<T> {
  return { key, value: JSON.parse(value), version }
}
