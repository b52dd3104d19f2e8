import type { Server } from '../dataplane/models.ts'
import { isMovingServer } from './backend/servers.ts'

/** What HAProxy changes of a backend's servers while it runs. `set`: their place, share or state. */
export interface ServerChange {
  kind: 'add' | 'set' | 'remove'
  server: Server
}

type Servers = Readonly<Record<string, Server>>

/** In the order in which they are made: what comes is there before something goes. Null: it takes a reload. */
export function serverChanges(before: Servers, after: Servers): ServerChange[] | null {
  const changes: ServerChange[] = []
  for (const server of Object.values(after)) {
    const was = before[server.name]
    if (was === undefined) changes.push({ kind: 'add', server })
    else if (!isSame(was, server)) {
      if (!isSameKind(was, server)) return null
      changes.push({ kind: 'set', server })
    }
  }
  for (const server of Object.values(before)) if (!after[server.name]) changes.push({ kind: 'remove', server })
  return changes.every(({ kind, server }) => kind === 'set' || isMovingServer(server.name)) ? changes : null
}

/** What HAProxy changes of a server that it has. */
const CHANGEABLE = new Set(['address', 'port', 'weight', 'maintenance'])

/** Whatever order their fields have. */
const isSame = (one: Server, other: Server): boolean => textOf(one) === textOf(other)
const isSameKind = (one: Server, other: Server): boolean =>
  textOf(one, (field) => !CHANGEABLE.has(field)) === textOf(other, (field) => !CHANGEABLE.has(field))

const textOf = (server: Server, counts: (field: string) => boolean = () => true): string =>
  JSON.stringify(
    Object.entries(server)
      .filter(([field]) => counts(field))
      .sort(([a], [b]) => (a < b ? -1 : 1)),
  )
