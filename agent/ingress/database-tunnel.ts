import type { Socket } from 'node:net'
import type { Upstream } from '../config/upstream.ts'
import { join } from './join.ts'
import type { Limits } from './limits.ts'
import { connectedEvent, openSocket } from './open-socket.ts'
import type { Usage } from './usage.ts'

/**
 * Whatever the client of a database says, and its answers. Clients speak first, so that a check of the front, which only
 * shakes hands, makes no connection to the database.
 */
export function tunnelToDatabase(client: Socket, upstream: Upstream, { usage, limits }: TunnelOptions): void {
  client.once('readable', () => {
    if (client.readableLength === 0) return client.destroy()
    const over = usage.begin(upstream)
    const database = openSocket(upstream)
    const giveUp = () => void database.destroy()
    database.setTimeout(limits.connectMs, giveUp)
    database.once(connectedEvent(upstream), () => database.setTimeout(0).off('timeout', giveUp))
    database.on('close', over)
    join(client, database)
  })
}

interface TunnelOptions {
  usage: Usage
  limits: Limits
}
