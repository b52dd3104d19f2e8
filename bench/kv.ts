import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { etcdKv } from '../shared/kv/etcd.ts'
import type { Json, Kv } from '../shared/kv/kv.ts'
import { memoryKv } from '../shared/kv/memory.ts'
import { nodeSqlDatabase } from '../shared/kv/node-sqlite.ts'
import { sqliteKv } from '../shared/kv/sqlite.ts'
import { stagedKv } from '../shared/kv/staged/staged.ts'
import { startEtcd } from '../test/support/etcd.ts'
import { bareEtcd } from './bare-etcd.ts'
import type { Engine } from './engine.ts'
import { type Contestant, compare, microsEach, print } from './measure.ts'

/** As large as a route's record. */
const VALUE = {
  type: 'http',
  agentId: 'agent-0001',
  host: 'shop.apps.example.com',
  targetUrl: 'http://10.0.0.7:8080',
  options: { check: true, balance: 'roundrobin' },
  createdAt: '2030-01-01T00:00:00.000Z',
}
const KEYS = Array.from({ length: 10_000 }, (_, i) => `routes/${String(i).padStart(6, '0')}`)

/** Each adapter beside the engine under it, doing the same JSON work with the same durability. */
export async function run(): Promise<void> {
  await benchSqlite()
  await benchEtcd()
}

async function benchSqlite(): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'bench-'))
  const kv = stagedKv(sqliteKv(nodeSqlDatabase(join(folder, 'adapter.db'))))
  const memory = stagedKv(memoryKv())
  try {
    await fill(kv)
    await fill(memory)
    const engines = [bareSqlite(join(folder, 'bare.db')), adapter('the adapter', kv), adapter('(in memory)', memory)]
    await report('SQLite', engines, { puts: 200, gets: 5_000 })
  } finally {
    await kv.close()
    await memory.close()
    rmSync(folder, { recursive: true })
  }
}

async function benchEtcd(): Promise<void> {
  const etcd = await startEtcd()
  const kv = stagedKv(etcdKv({ endpoints: etcd.endpoints }))
  try {
    await fill(kv)
    const bare = bareEtcd(etcd.endpoints[0] as string, VALUE)
    for (const key of KEYS) await bare.put(key)
    await report('etcd', [bare, adapter('the adapter', kv)], { puts: 100, gets: 100 })
  } finally {
    await kv.close()
    await etcd.stop()
  }
}

async function report(title: string, engines: Engine[], { puts, gets }: { puts: number; gets: number }) {
  const each = (round: (engine: Engine) => Promise<number>): Contestant[] =>
    engines.map((engine) => ({ name: engine.name, round: () => round(engine) }))
  const key = (i: number) => KEYS[(i * 7_919) % KEYS.length] as string
  print(`${title}: commit of one key`, await compare(each((engine) => microsEach(puts, (i) => engine.put(key(i))))))
  print(`${title}: get`, await compare(each((engine) => microsEach(gets, (i) => engine.get(key(i))))))
  print(
    `${title}: list of 10,000 keys in pages`,
    await compare(each((engine) => microsEach(1, () => engine.listAll()))),
  )
}

function adapter(name: string, kv: Kv): Engine {
  return {
    name,
    put: (key) => kv.commit([], [{ key, value: VALUE }]),
    get: (key) => kv.get(key),
    async listAll() {
      let after: string | null = ''
      while (after !== null) after = (await kv.list('routes/', { after })).next
    },
  }
}

async function fill(kv: Kv): Promise<void> {
  await kv.commit(
    [],
    KEYS.map((key) => ({ key, value: VALUE })),
  )
}

function bareSqlite(path: string): Engine {
  const db = new DatabaseSync(path)
  db.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL')
  db.exec('CREATE TABLE entries (key TEXT PRIMARY KEY, value TEXT NOT NULL, version INTEGER NOT NULL)')
  const upsert = db.prepare(
    'INSERT INTO entries VALUES (?, ?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value, version = excluded.version',
  )
  const select = db.prepare('SELECT key, value, version FROM entries WHERE key = ?')
  const page = db.prepare('SELECT key, value, version FROM entries WHERE key > ? AND key < ? ORDER BY key LIMIT 1000')
  const parse = (row: unknown) => {
    const entry = row as { key: string; value: Json }
    entry.value = JSON.parse(entry.value as string)
    return entry
  }
  let version = 0
  const put = (key: string) => upsert.run(key, JSON.stringify(VALUE), ++version)
  db.exec('BEGIN')
  for (const key of KEYS) put(key)
  db.exec('COMMIT')
  return {
    name: 'node:sqlite, bare statements',
    put,
    get: (key) => parse(select.get(key)),
    listAll() {
      for (let after = 'routes/'; ; ) {
        const entries = page.all(after, 'routes0').map(parse)
        if (entries.length < 1_000) return
        after = entries.at(-1)?.key as string
      }
    },
  }
}
