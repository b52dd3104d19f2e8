import { constants } from 'node:crypto'
import { createServer, type TLSSocket } from 'node:tls'
import type { Log } from '../../shared/log/log.ts'
import type { Certificate } from '../certificates/certificate.ts'
import type { Upstream } from '../config/upstream.ts'
import { createAppClients } from './app-clients.ts'
import { tunnelToDatabase } from './database-tunnel.ts'
import { createDoorway } from './doorway.ts'
import { createForward, type Forward } from './forward.ts'
import { createHttp1Side } from './from-http1.ts'
import { createHttp2Side } from './from-http2.ts'
import { isFront } from './is-front.ts'
import { LIMITS, type Limits } from './limits.ts'
import { createListening } from './listening.ts'
import { createProtocolChoice } from './protocol-choice.ts'
import { createRoutingTable, type IngressRoute } from './routing-table.ts'
import { createUsage } from './usage.ts'

export interface IngressOptions {
  port: number
  /** All addresses if not given. */
  host?: string | undefined
  log: Log
  limits?: Partial<Limits>
}

/** The one port of the machine that is open to the world: it takes the front's client certificate and no other. */
export interface Ingress {
  /** Until there is a certificate it listens to nobody. */
  start(): Promise<void>
  /** From the next connection on; those that are open stay. */
  present(certificate: Certificate): void
  /** From the next request on. */
  route(routes: IngressRoute[]): void
  /** When no request runs there any more, or the signal is aborted. */
  drained(upstream: Upstream, signal: AbortSignal): Promise<void>
  readonly report: { listening: boolean; port: number; error: string | null }
  stop(): Promise<void>
}

export function createIngress({ port, host, log, limits: given }: IngressOptions): Ingress {
  const limits = { ...LIMITS, ...given }
  const usage = createUsage()
  const clients = createAppClients(limits)
  let table = createRoutingTable([])
  const forward = createForward({ table: () => table, clients, usage })
  const choice = createProtocolChoice({ limits, calmed: () => http2.leave() })
  const take: Forward = (question, reply) => {
    choice.asked()
    forward(question, reply)
  }
  const http1 = createHttp1Side(take, choice)
  const http2 = createHttp2Side(take, choice, limits)

  const server = createServer({
    requestCert: true,
    rejectUnauthorized: true,
    ALPNCallback: ({ protocols }) => choice.of(protocols),
    handshakeTimeout: limits.handshakeMs,
    noDelay: true,
    keepAlive: true,
  })
  const doorway = createDoorway(server, limits)
  server.on('tlsClientError', (error, socket) => {
    log.debug('Somebody was refused', { why: error.message, address: socket.remoteAddress })
    // Node leaves it open where it only took too long.
    socket.destroy()
  })
  server.on('secureConnection', (socket: TLSSocket & { servername?: string | false }) => {
    socket.on('error', () => socket.destroy())
    if (!isFront(socket)) {
      log.debug('Somebody was refused', { why: 'not the front', address: socket.remoteAddress })
      return void socket.destroy()
    }
    if (!doorway.admit(socket)) return void socket.destroy()
    const database = table.database(socket.servername || '')
    if (database) tunnelToDatabase(socket, database, { usage, limits })
    else if (socket.alpnProtocol === 'h2') http2.accept(socket)
    else http1.accept(socket)
  })
  const listening = createListening(server, { port, host, log })

  return {
    start: listening.start,

    present({ ca, cert, key }) {
      // Each connection is verified anew: whoever resumed a session would be who it was then.
      const secureOptions = constants.SSL_OP_NO_TICKET
      server.setSecureContext({ ca, cert, key, minVersion: 'TLSv1.2', secureOptions })
      listening.allow()
    },

    route(routes) {
      table = createRoutingTable(routes)
      clients.keep(routes.flatMap(({ type, upstream }) => (type === 'http' && upstream ? [upstream] : [])))
    },

    drained: usage.drained,

    get report() {
      return listening.report
    },

    async stop() {
      const stopped = listening.stop(limits.stopMs)
      for (const side of [http1, http2]) side.leave()
      await stopped
      clients.keep([])
    },
  }
}
