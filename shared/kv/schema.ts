import { AppError } from '../errors.ts'
import type { Kv } from './kv.ts'

const KEY = 'meta/schema'

/** Brings a store from one schema to the next. It may be cut off and run again, so it must be repeatable. */
export type Migration = (kv: Kv) => Promise<void>

/** This release's schema, where these are all migrations that there ever were: the first takes schema 1 to 2. */
export const schemaAfter = (migrations: Migration[]) => migrations.length + 1

/** Brings the store's contents to this release's schema, or refuses a store that a newer release wrote. */
export async function migrate(kv: Kv, migrations: Migration[]): Promise<void> {
  const current = schemaAfter(migrations)
  const isEmpty = (await kv.list('', { limit: 1 })).entries.length === 0
  if (isEmpty) await kv.commit([{ key: KEY, version: null }], [{ key: KEY, value: current }])

  const kept = (await kv.get<number>(KEY))?.value ?? 1
  if (kept > current) {
    throw new AppError(
      'STORE_UNAVAILABLE',
      `The store has schema ${kept} and this release knows ${current}: start the release that wrote it, or a newer one`,
    )
  }
  for (const [i, migration] of migrations.entries()) {
    if (i + 1 < kept) continue
    await migration(kv)
    await kv.commit([], [{ key: KEY, value: i + 2 }])
  }
}
