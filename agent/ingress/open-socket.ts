import { createConnection, isIP, type OnReadOpts, type Socket } from 'node:net'
import { connect } from 'node:tls'
import type { Upstream } from '../config/upstream.ts'

/** To an app or a database, with TLS where it wants that. Both sides may end theirs and go on reading. */
export function openSocket(upstream: Upstream): Socket {
  const socket = openPlain(upstream)
  return upstream.tls ? withTls(socket, upstream) : socket
}

/** All are read into these bytes, one after the other. New ones for each would cost memory, and a tenth of a request. */
const READ = Buffer.alloc(64 * 1024)

/** The same for one that nobody else will read: what is taken is good until `take` returns. */
export function openReading(upstream: Upstream, take: (bytes: Buffer) => void): Socket {
  if (upstream.tls) return openSocket(upstream).on('data', take)
  const callback = (length: number) => {
    take(READ.subarray(0, length))
    return true
  }
  return openPlain(upstream, { buffer: READ, callback }).resume()
}

const openPlain = ({ host, port }: Upstream, onread?: OnReadOpts): Socket =>
  createConnection({ host, port, noDelay: true, keepAlive: true, allowHalfOpen: true, ...(onread && { onread }) })

function withTls(socket: Socket, { host, protocol }: Upstream): Socket {
  const name = isIP(host) === 0 ? { servername: host } : {}
  const ALPNProtocols = protocol === 'h2c' ? ['h2'] : ['http/1.1']
  return connect({ socket, rejectUnauthorized: false, ALPNProtocols, ...name })
}

export const connectedEvent = ({ tls }: Upstream): 'secureConnect' | 'connect' => (tls ? 'secureConnect' : 'connect')
