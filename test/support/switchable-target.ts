import { once } from 'node:events'
import { createServer, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import { onTestFinished } from 'vitest'

/** A server whose answers and life are the test's to decide. */
export interface SwitchableTarget {
  name: string
  url: string
  /** What `/health` answers. */
  health: number
  /** Requests that came, without those of checks. */
  count: number
  /** Those that wait for an answer, while `holds`. */
  held: ServerResponse[]
  holds: boolean
  /** Stops to listen, and breaks what is open. */
  stop(): Promise<void>
  /** Listens again where it did. */
  start(): Promise<void>
}

async function startSwitchable(name: string): Promise<SwitchableTarget> {
  const sockets = new Set<Socket>()
  const server: Server = createServer((request, response) => {
    if (request.url === '/health') {
      response.writeHead(target.health).end()
      return
    }
    target.count++
    if (target.holds) target.held.push(response)
    else response.end(name)
  })
  server.keepAliveTimeout = 60_000
  server.on('connection', (socket: Socket) => {
    sockets.add(socket)
    socket.on('error', () => socket.destroy())
    socket.on('close', () => sockets.delete(socket))
  })
  const stop = () =>
    new Promise<void>((resolve) => {
      server.close(() => resolve())
      for (const socket of sockets) socket.destroy()
    })
  await once(server.listen(0, '127.0.0.1'), 'listening')
  const { port } = server.address() as AddressInfo
  const target: SwitchableTarget = {
    name,
    url: `http://127.0.0.1:${port}`,
    health: 200,
    count: 0,
    held: [],
    holds: false,
    stop,
    async start() {
      await once(server.listen(port, '127.0.0.1'), 'listening')
    },
  }
  onTestFinished(() => (server.listening ? stop() : undefined))
  return target
}

export const startSwitchables = (...names: string[]): Promise<SwitchableTarget[]> =>
  Promise.all(names.map(startSwitchable))
