import type { AddressInfo, Socket } from 'node:net'
import { createAdaptorServer, type ServerType } from '@hono/node-server'
import type { App } from '../deps.ts'
import { StartError } from './start-error.ts'

export interface Listening {
  port: number
  /** Takes no new connection, and lets requests that run finish for so long. */
  stop(graceMs: number): Promise<void>
}

export async function listen(app: App, { host, port }: { host: string; port: number }): Promise<Listening> {
  const server = createAdaptorServer({ fetch: app.fetch })
  server.on('clientError', answerClientError)
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => reject(explain(error, host, port)))
    server.listen(port, host, resolve)
  })
  return { port: (server.address() as AddressInfo).port, stop: (graceMs) => stop(server, graceMs) }
}

function stop(server: ServerType, graceMs: number): Promise<void> {
  return new Promise((resolve) => {
    const late = setTimeout(() => 'closeAllConnections' in server && server.closeAllConnections(), graceMs)
    server.close(() => {
      clearTimeout(late)
      resolve()
    })
    if ('closeIdleConnections' in server) server.closeIdleConnections()
  })
}

/** What Node's parser refuses never reaches the app, and must be JSON all the same. */
function answerClientError(error: NodeJS.ErrnoException, socket: Socket): void {
  if (!socket.writable || socket.errored) return void socket.destroy()
  const [status, code, sentence] =
    error.code === 'HPE_HEADER_OVERFLOW'
      ? ['431 Request Header Fields Too Large', 'HEADERS_TOO_LARGE', 'The headers are larger than this server takes']
      : error.code === 'ERR_HTTP_REQUEST_TIMEOUT'
        ? ['408 Request Timeout', 'REQUEST_TIMEOUT', 'The request took too long to arrive']
        : ['400 Bad Request', 'MALFORMED_REQUEST', 'This is not a valid HTTP request']
  const body = JSON.stringify({ success: false, error: sentence, code })
  socket.end(
    `HTTP/1.1 ${status}\r\ncontent-type: application/json\r\ncontent-length: ${body.length}\r\nconnection: close\r\n\r\n${body}`,
  )
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
