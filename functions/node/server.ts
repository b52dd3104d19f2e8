import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { getRequestListener } from '@hono/node-server'
import type { App } from '../app-env.ts'
import { type Busy, trackBusy } from './busy.ts'
import { apiPlace, listenError, type Place } from './listen-error.ts'
import { answerClientError, refusal } from './refusals.ts'

export interface Listening {
  port: number
  /** Takes no new connection, and lets requests that run finish for so long. */
  stop(graceMs: number): Promise<void>
}

export async function listen(app: App, { host, port }: Pick<Place, 'host' | 'port'>): Promise<Listening> {
  // The listener answers what it cannot make a Request of, such as a request without a host, by this handler.
  const server = createServer(
    { requireHostHeader: false },
    getRequestListener(app.fetch, { errorHandler: () => refusal('MALFORMED_REQUEST') }),
  )
  server.on('clientError', answerClientError)
  const busy = trackBusy(server)
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => reject(listenError(error, apiPlace(host, port))))
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
