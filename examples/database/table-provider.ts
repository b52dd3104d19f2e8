import { DatabaseSync } from 'node:sqlite'
import { z } from 'zod'
import type { BackendInput } from '../../shared/domain/backend.ts'
import { providerKind } from '../../shared/providers/kind.ts'
import { createPollingProvider } from '../../shared/providers/polling-provider.ts'

const ROWS = `
  SELECT backend, host, servers.name, ip AS address, port, protocol
  FROM servers JOIN backends ON backends.name = backend
  ORDER BY backend, servers.name`

/** What is wrong with a server, the manager says: that backend stays as it was. */
type Row = ServerInput & { backend: string; host: string }
type ServerInput = BackendInput['servers'][number]

/** `kind: table`: what stands in the tables `backends` and `servers` of a SQLite database. */
export const table = providerKind({
  options: z.strictObject({ path: z.string(), intervalMs: z.int().min(10).default(1_000) }),
  open({ path, intervalMs }) {
    const database = new DatabaseSync(path, { readOnly: true })
    const rows = database.prepare(ROWS)
    const provider = createPollingProvider({
      intervalMs,
      async fetch() {
        const backends = Map.groupBy(rows.all() as unknown as Row[], ({ backend }) => backend)
        return [...backends].map(([name, servers]) => ({
          name,
          hosts: [...new Set(servers.map(({ host }) => host))],
          servers: servers.map(({ backend, host, ...server }) => server),
        }))
      },
    })
    return { ...provider, stop: async () => void (database.isOpen && database.close()) }
  },
})
