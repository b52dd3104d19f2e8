import type { WireEntry } from '../shared/kv/etcd/wire.ts'
import type { Json } from '../shared/kv/kv.ts'
import type { Engine } from './engine.ts'

/** etcd's gateway as a program without an adapter would use it: one fetch a call, and the same JSON work. */
export function bareEtcd(endpoint: string, value: Json): Engine {
  const ask = async (path: string, body: object) => {
    const response = await fetch(endpoint + path, { method: 'POST', body: JSON.stringify(body) })
    return (await response.json()) as { kvs: WireEntry[]; more?: true }
  }
  const parse = ({ key, value, mod_revision }: WireEntry) => ({
    key: atob(key),
    value: JSON.parse(atob(value)),
    version: Number(mod_revision),
  })
  return {
    name: 'etcd, bare requests',
    // A transaction as every commit is one: compared with what must hold, and put.
    put: (key) =>
      ask('/v3/kv/txn', {
        compare: [{ key: btoa('absent'), target: 'MOD', mod_revision: 0 }],
        success: [{ request_put: { key: btoa(key), value: btoa(JSON.stringify(value)) } }],
      }),
    get: async (key) => (await ask('/v3/kv/range', { key: btoa(key) })).kvs.map(parse),
    async listAll() {
      for (let from = 'routes/'; ; ) {
        const { kvs, more } = await ask('/v3/kv/range', { key: btoa(from), range_end: btoa('routes0'), limit: 1_000 })
        const entries = kvs.map(parse)
        if (!more) return
        from = `${entries.at(-1)?.key}\0`
      }
    },
  }
}
