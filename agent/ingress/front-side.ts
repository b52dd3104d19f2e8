import type { TLSSocket } from 'node:tls'
import type { FrontConnection, FrontSide } from './exchange.ts'

/** What hears the front on connections of one protocol. */
export function createFrontSide(serve: (socket: TLSSocket) => FrontConnection): FrontSide {
  const connections = new Set<FrontConnection>()
  return {
    accept(socket) {
      const connection = serve(socket)
      connections.add(connection)
      socket.once('close', () => connections.delete(connection))
    },
    leave() {
      for (const connection of connections) connection.leave()
    },
  }
}
