import type { Server, Socket } from 'node:net'
import type { Log } from '../../shared/log/log.ts'

const AGAIN_MS = 5_000

export interface Listening {
  start(): Promise<void>
  /** It has what it needs. */
  allow(): void
  readonly report: { listening: boolean; port: number; error: string | null }
  /** Takes nobody any more, and closes what is left after a while. */
  stop(atMostMs: number): Promise<void>
}

interface ListeningOptions {
  port: number
  host: string | undefined
  log: Log
}

/** Listens as soon as it was started and may. A port that is taken is tried again until it is free. */
export function createListening(server: Server, { port, host, log }: ListeningOptions): Listening {
  const sockets = new Set<Socket>()
  let [isStarted, isAllowed, isStopped] = [false, false, false]
  let error: string | null = null
  let again: NodeJS.Timeout | undefined
  server.on('connection', (socket: Socket) => {
    sockets.add(socket)
    socket.once('close', () => sockets.delete(socket))
  })
  server.on('error', (problem) => {
    if (error === null) log.error(`The ingress cannot listen on port ${port}`, { error: problem.message })
    error = problem.message
    again = setTimeout(listen, AGAIN_MS)
  })

  function listen(): void {
    if (isStopped || server.listening) return
    server.listen({ port, host }, () => {
      error = null
      log.info(`The ingress listens on port ${portOf(server, port)}`)
    })
  }
  const listenIfReady = () => {
    if (isStarted && isAllowed) listen()
  }

  return {
    async start() {
      isStarted = true
      listenIfReady()
    },
    allow() {
      isAllowed = true
      listenIfReady()
    },
    get report() {
      return { listening: server.listening, port: portOf(server, port), error }
    },
    async stop(atMostMs) {
      isStopped = true
      clearTimeout(again)
      if (!server.listening) return
      const closed = new Promise((resolve) => server.close(resolve))
      const cut = setTimeout(() => {
        for (const socket of sockets) socket.destroy()
      }, atMostMs)
      await closed
      clearTimeout(cut)
    },
  }
}

/** Port 0 is any that is free. */
function portOf(server: Server, asked: number): number {
  const address = server.address()
  return typeof address === 'object' && address ? address.port : asked
}
