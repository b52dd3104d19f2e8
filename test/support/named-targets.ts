import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import type { AddressInfo, Server as NetServer, Socket } from 'node:net'
import { createServer as createTlsServer } from 'node:tls'
import { onTestFinished } from 'vitest'
import { issueTo, newAuthority, profileOf } from '../pki/support.ts'

/** Something that a route may lead to. It says its name with everything, so that a wrong turn shows. */
export interface NamedTarget {
  name: string
  address: string
  port: number
  url: string
  /** Stops to listen, and breaks what is open. */
  stop(): Promise<void>
}

/** Answers requests with its name and their host, and upgraded connections with its name and what they say. */
export async function startNamedTarget(name: string, address = '127.0.0.1', port = 0): Promise<NamedTarget> {
  const server = createServer({ keepAliveTimeout: 60_000 }, (request, response) => {
    response.setHeader('content-type', 'text/plain')
    response.end(`${name} for ${request.headers.host}`)
  })
  server.on('upgrade', ({ headers }, socket: Socket) => {
    socket.write(`${UPGRADED}${acceptance(headers['sec-websocket-key'] ?? '')}\r\n\r\n`)
    echo(name, socket)
  })
  return listening(name, server, address, port)
}

export const startNamedTargets = (count: number, address?: string): Promise<NamedTarget[]> =>
  Promise.all(Array.from({ length: count }, (_, i) => startNamedTarget(`target-${i}`, address)))

const UPGRADED =
  'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Accept: '

const acceptance = (key: string) =>
  createHash('sha1').update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest('base64')

/** The same over TLS of its own and without HTTP, as a database is. */
export async function startTlsTarget(name: string, address = '127.0.0.1'): Promise<NamedTarget> {
  const { cert, key } = await issueTo(await newAuthority(), profileOf(name.toLowerCase()))
  return listening(
    name,
    createTlsServer({ cert, key }, (socket) => echo(name, socket)),
    address,
  )
}

function echo(name: string, socket: Socket): void {
  socket.setNoDelay()
  socket.on('error', () => socket.destroy())
  socket.on('data', (chunk) => socket.write(`${name}:${chunk}`))
  socket.on('end', () => socket.end())
}

async function listening(name: string, server: Server | NetServer, address: string, at = 0): Promise<NamedTarget> {
  const sockets = new Set<Socket>()
  server.on('connection', (socket: Socket) => {
    sockets.add(socket)
    socket.on('error', () => socket.destroy())
    socket.on('close', () => sockets.delete(socket))
  })
  await once(server.listen(at, address), 'listening')
  const { port } = server.address() as AddressInfo
  const stop = () =>
    new Promise<void>((resolve) => {
      server.close(() => resolve())
      for (const socket of sockets) socket.destroy()
    })
  onTestFinished(() => (server.listening ? stop() : undefined))
  return { name, port, url: `http://${address}:${port}`, address, stop }
}
