import { createConnection, isIP, type Socket } from 'node:net'
import { connect } from 'node:tls'
import type { Upstream } from '../config/upstream.ts'

/** To an app or a database, with TLS where it wants that. Both sides may end theirs and go on reading. */
export function openSocket({ host, port, tls, protocol }: Upstream): Socket {
  const socket = createConnection({ host, port, noDelay: true, keepAlive: true, allowHalfOpen: true })
  if (!tls) return socket
  const name = isIP(host) === 0 ? { servername: host } : {}
  const ALPNProtocols = protocol === 'h2c' ? ['h2'] : ['http/1.1']
  return connect({ socket, rejectUnauthorized: false, ALPNProtocols, ...name })
}

export const connectedEvent = ({ tls }: Upstream): 'secureConnect' | 'connect' => (tls ? 'secureConnect' : 'connect')
