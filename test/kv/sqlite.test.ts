import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { afterAll, expect, it, onTestFinished } from 'vitest'
import type { Kv } from '../../shared/kv/kv.ts'
import { nodeSqlDatabase } from '../../shared/kv/node-sqlite.ts'
import { sqliteKv } from '../../shared/kv/sqlite.ts'
import { forget, kvConformance, put } from './conformance.ts'

const folder = mkdtempSync(join(tmpdir(), 'kv-'))
afterAll(() => rmSync(folder, { recursive: true }))

const paths = new WeakMap<Kv, string>()
let files = 0

const newPath = () => join(folder, `${++files}.db`)

function openAt(path: string): Kv {
  const kv = sqliteKv(nodeSqlDatabase(path), { keptRevisions: 1_000 })
  paths.set(kv, path)
  return kv
}

kvConformance('node:sqlite', {
  open: async () => openAt(newPath()),
  reopen: async (kv) => {
    await kv.close()
    return openAt(paths.get(kv) as string)
  },
  compact: forget,
})

it('belongs to one process, and says so', async () => {
  const path = newPath()
  const kv = openAt(path)
  onTestFinished(() => kv.close())
  expect(() => openAt(path)).toThrow(`The store ${path} is in use by another process`)
})

it.each<[string, (path: string) => void, string]>([
  ['a file that is no database', (path) => writeFileSync(path, 'x'.repeat(5_000)), 'is no database'],
  ['a folder that does not exist', (path) => rmSync(path, { force: true }), 'cannot be opened'],
])('explains %s', (name, prepare, sentence) => {
  const path = name.includes('folder') ? join(folder, 'missing', 'store.db') : newPath()
  prepare(path)
  expect(() => openAt(path)).toThrow(sentence)
})

it('refuses the store of a newer release', async () => {
  const path = newPath()
  await openAt(path).close()
  const db = new DatabaseSync(path)
  db.exec("UPDATE meta SET value = 99 WHERE name = 'schema'")
  db.close()
  expect(() => openAt(path)).toThrow('has schema 99 and this release knows 1')
})

it('says that the disk is full, loses nothing, and goes on when there is space', async () => {
  const database = nodeSqlDatabase(newPath())
  const kv = sqliteKv(database)
  onTestFinished(() => kv.close())
  const version = await put(kv, 'a', 1)
  database.all('PRAGMA max_page_count = 8')
  const large = { key: 'large', value: 'x'.repeat(100_000) }
  await expect(kv.commit([], [{ key: 'a', value: 2 }, large])).rejects.toMatchObject({
    code: 'STORE_UNAVAILABLE',
    message: expect.stringContaining('the disk is full'),
  })
  expect(await kv.get('a')).toEqual({ key: 'a', value: 1, version })
  database.all('PRAGMA max_page_count = 1000000')
  expect(await kv.commit([{ key: 'a', version }], [{ key: 'a', value: 2 }, large])).toMatchObject({ ok: true })
})
