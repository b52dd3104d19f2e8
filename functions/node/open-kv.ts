import { join } from 'node:path'
import { etcdKv } from '../../shared/kv/etcd.ts'
import type { Kv } from '../../shared/kv/kv.ts'
import { memoryKv } from '../../shared/kv/memory.ts'
import { nodeSqlDatabase } from '../../shared/kv/node-sqlite.ts'
import { sqliteKv } from '../../shared/kv/sqlite.ts'
import { StartError } from './start-error.ts'

/** The store that `KV` names; without it, SQLite in the data folder. */
export async function openKv(url: string | undefined, dataDir: string): Promise<Kv> {
  if (url === undefined) return sqliteKv(nodeSqlDatabase(join(dataDir, 'front.db')))
  if (url === 'memory:') return memoryKv()
  if (url.startsWith('sqlite:')) return sqliteKv(nodeSqlDatabase(url.slice('sqlite:'.length)))
  const kv = etcdKv(parseEtcdUrl(url))
  await assertAnswers(kv, url)
  return kv
}

/** Other fronts may use it at the same time. */
export const isShared = (url: string | undefined): boolean => /^etcds?:/.test(url ?? '')

async function assertAnswers(kv: Kv, url: string): Promise<void> {
  try {
    await kv.list('', { limit: 1 })
  } catch (cause) {
    await kv.close()
    const why = cause instanceof Error ? cause.message : String(cause)
    throw new StartError(
      `KV ${withoutPassword(url)} cannot be used: see that etcd runs there, and that its client port can be reached (${why})`,
      cause,
    )
  }
}

export const withoutPassword = (url: string) => url.replace(/^(etcds?:\/\/)[^@]*@/, '$1')

/** `etcd://user:password@host:port,host:port`; `etcds:` is the same over TLS. */
function parseEtcdUrl(url: string) {
  const [, secure, user, password, hosts = ''] = /^etcd(s?):\/\/(?:([^:@]*):([^@]*)@)?(.*)$/.exec(url) ?? []
  return {
    endpoints: hosts.split(',').map((host) => `http${secure}://${host}`),
    ...(user && { credentials: { user: decodeURIComponent(user), password: decodeURIComponent(password ?? '') } }),
  }
}
