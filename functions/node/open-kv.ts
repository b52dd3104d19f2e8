import { join } from 'node:path'
import type { Kv } from '../../shared/kv/kv.ts'
import { memoryKv } from '../../shared/kv/memory.ts'
import { nodeSqlDatabase } from '../../shared/kv/node-sqlite.ts'
import { sqliteKv } from '../../shared/kv/sqlite.ts'

/** The store that `KV` names: memory:, sqlite:PATH (the default, in DATA_DIR) or etcd://host:port,host:port. */
export function openKv(url: string | undefined, dataDir: string): Kv {
  if (url === 'memory:') return memoryKv()
  const path = url?.startsWith('sqlite:') ? url.slice('sqlite:'.length) : join(dataDir, 'front.db')
  return sqliteKv(nodeSqlDatabase(path))
}
