import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { getRequestListener } from '@hono/node-server'
import type { App } from '../app-env.ts'
import { type Busy, trackBusy } from './busy.ts'
import { answerClientError, refusal } from './refusals.ts'
import { StartError } from './start-error.ts'

export interface Listening {
  port: number
  /** Takes no new connection, and lets requests that run finish for so long. */
  stop(graceMs: number): Promise<void>
}

export async function listen(app: App, { host, port }: { host: string; port: number }): Promise<Listening> {
  // The listener answers what it cannot make a Request of, such as a request without a host, by this handler.
  const server = createServer(
    { requireHostHeader: false },
    getRequestListener(app.fetch, { errorHandler: () => refusal('MALFORMED_REQUEST') }),
  )
  server.on('clientError', answerClientError)
  const busy = trackBusy(server)
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => reject(explain(error, host, port)))
    server.listen(port, host, resolve)
  })
  return { port: (server.address() as AddressInfo).port, stop: (graceMs) => stop(server, busy, graceMs) }
}

function stop(server: Server, busy: Busy, graceMs: number): Promise<void> {
  return new Promise((resolve) => {
    const late = setTimeout(() => server.closeAllConnections(), graceMs)
    server.close(() => {
      clearTimeout(late)
      resolve()
    })
    busy.closeWhenIdle()
  })
}

function explain(error: NodeJS.ErrnoException, host: string, port: number): Error {
  switch (error.code) {
    case 'EADDRINUSE':
      return new StartError(
        `PORT ${port} is in use on ${host}: stop the program that has it, or set PORT to another number`,
        error,
      )
    case 'EACCES':
      return new StartError(`PORT ${port} may not be opened by this user: set PORT to a number above 1023`, error)
    case 'EADDRNOTAVAIL':
      return new StartError(
        `HOST ${host} is no address of this machine: set HOST to one that is, or to 0.0.0.0 for all`,
        error,
      )
    default:
      return error
  }
}
