import { join } from 'node:path'
import { etcdKv } from '../../shared/kv/etcd.ts'
import type { Kv } from '../../shared/kv/kv.ts'
import { memoryKv } from '../../shared/kv/memory.ts'
import { nodeSqlDatabase } from '../../shared/kv/node-sqlite.ts'
import { sqliteKv } from '../../shared/kv/sqlite.ts'

/** The store that `KV` names; without it, SQLite in the data folder. */
export function openKv(url: string | undefined, dataDir: string): Kv {
  if (url === undefined) return sqliteKv(nodeSqlDatabase(join(dataDir, 'front.db')))
  if (url === 'memory:') return memoryKv()
  if (url.startsWith('sqlite:')) return sqliteKv(nodeSqlDatabase(url.slice('sqlite:'.length)))
  return etcdKv(parseEtcdUrl(url))
}

/** `etcd://user:password@host:port,host:port`; `etcds:` is the same over TLS. */
function parseEtcdUrl(url: string) {
  const [, secure, user, password, hosts = ''] = /^etcd(s?):\/\/(?:([^:@]*):([^@]*)@)?(.*)$/.exec(url) ?? []
  return {
    endpoints: hosts.split(',').map((host) => `http${secure}://${host}`),
    ...(user && { credentials: { user: decodeURIComponent(user), password: decodeURIComponent(password ?? '') } }),
  }
}
