import { join } from 'node:path'
import type { Write } from '../../shared/kv/kv.ts'
import { nodeSqlDatabase } from '../../shared/kv/node-sqlite.ts'
import { sqliteKv } from '../../shared/kv/sqlite.ts'
import { stagedKv } from '../../shared/kv/staged/staged.ts'
import type { Ending } from './ending.ts'
import { newFolder } from './processes.ts'

/** What a new route writes: itself, the claim of its host, the count of its agent's routes, an audit entry. */
const writesOf = (i: number): Write[] => [
  { key: `routes/vps-1/http/site-${i}/`, value: ROUTE },
  { key: `hosts/site-${i}.apps.bench.test`, value: { agentId: 'vps-1' } },
  { key: 'route-counts/vps-1', value: { count: i } },
  { key: `audit/${i}`, value: { action: 'route.create', actor: 'vps-1', target: `site-${i}`, at: ROUTE.createdAt } },
]

const ROUTE = {
  type: 'http',
  id: 'vps-1.0123456789abcdef01',
  agentId: 'vps-1',
  host: 'site.apps.bench.test',
  subdomain: 'site',
  pathPrefix: null,
  targetUrl: 'http://127.0.0.1:8080',
  targets: [{ host: '127.0.0.1', address: '127.0.0.1', port: 8080, tls: false, weight: 1, backup: false }],
  check: false,
  allowFrom: [],
  generation: 1,
  revision: 1,
  createdAt: '2030-01-01T00:00:00.000Z',
  updatedAt: '2030-01-01T00:00:00.000Z',
  tlsVerify: 'none',
  balance: 'roundrobin',
  options: { check: false },
}

/** The part that is the disk's: a bare commit of the same writes, in a store of its own on the same disk. */
export function openStore(ending: Ending): () => Promise<number> {
  const kv = stagedKv(sqliteKv(nodeSqlDatabase(join(newFolder(ending), 'bare.db'))))
  ending.later(() => kv.close())
  let commits = 0
  return async () => {
    const i = commits++
    const startMs = performance.now()
    await kv.commit([{ key: `hosts/site-${i}.apps.bench.test`, version: null }], writesOf(i))
    return performance.now() - startMs
  }
}
