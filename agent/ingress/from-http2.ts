import type { FrontSide } from './exchange.ts'
import type { Forward } from './forward.ts'
import { type Connection, serveHttp2 } from './http2/connection.ts'
import type { Limits } from './limits.ts'
import type { ProtocolChoice } from './protocol-choice.ts'

/** What comes by HTTP/2, WebSockets of RFC 8441 too. */
export function createHttp2Side(forward: Forward, choice: ProtocolChoice, { patienceMs }: Limits): FrontSide {
  const connections = new Set<Connection>()
  return {
    accept(socket) {
      const connection = serveHttp2(socket, {
        forward,
        isShared: choice.mayHaveChosen(),
        wentAlone: choice.wentAlone,
        patienceMs,
      })
      connections.add(connection)
      socket.once('close', () => connections.delete(connection))
    },
    leave() {
      for (const connection of connections) connection.leave()
    },
  }
}
