import type { Server } from 'node:http'
import type { Socket } from 'node:net'

export interface Busy {
  /** Closes every connection as soon as no request runs on it, those that never sent one included. */
  closeWhenIdle(): void
}

/** Which connections have requests that run. */
export function trackBusy(server: Server): Busy {
  const requests = new Map<Socket, number>()
  let closing = false
  const count = (socket: Socket, change: number) => {
    const left = (requests.get(socket) ?? 0) + change
    requests.set(socket, left)
    if (closing && left === 0) socket.destroySoon()
  }
  server.on('connection', (socket) => {
    requests.set(socket, 0)
    socket.on('close', () => requests.delete(socket))
  })
  server.on('request', ({ socket }, response) => {
    count(socket, 1)
    response.on('close', () => count(socket, -1))
  })
  return {
    closeWhenIdle() {
      closing = true
      for (const [socket, running] of requests) if (running === 0) socket.destroySoon()
    },
  }
}
