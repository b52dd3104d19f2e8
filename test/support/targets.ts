import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { createServer as createH2cServer, createSecureServer, type Http2ServerRequest } from 'node:http2'
import type { AddressInfo, Server, Socket } from 'node:net'
import type { TLSSocket } from 'node:tls'
import { onTestFinished } from 'vitest'
import type { Pem } from './haproxy-certificates.ts'

/** What a target saw of a request. */
export interface Seen {
  target: string
  method: string
  url: string
  version: string
  headers: Record<string, string | string[] | undefined>
  /** The subject of the certificate that it came with. */
  client?: string
}

export interface Target {
  port: number
  /** How many requests came. */
  requests(): number
}

type Handler = (request: IncomingMessage, response: ServerResponse) => void

/** Answers with what it saw of the request, as JSON. It is gone when the test is over. */
export async function startTarget(
  name: string,
  { speaks = 'http', pem, ca }: { speaks?: 'http' | 'h2c' | 'https'; pem?: Pem; ca?: string } = {},
): Promise<Target> {
  let requests = 0
  const echo = (request: IncomingMessage | Http2ServerRequest, response: { end(text: string): unknown }) => {
    requests++
    response.end(JSON.stringify(seenBy(name, request)))
  }
  const handler = echo as Handler
  if (speaks === 'http') return { port: await listen(createServer(handler)), requests: () => requests }
  const options = { allowHTTP1: true, ...pem, ca, requestCert: ca !== undefined, rejectUnauthorized: ca !== undefined }
  const server = speaks === 'h2c' ? createH2cServer(echo) : createSecureServer(options, echo)
  return { port: await listen(server), requests: () => requests }
}

function seenBy(target: string, request: IncomingMessage | Http2ServerRequest): Seen {
  const { method = '', url = '', httpVersion, headers } = request
  const subject = (request.socket as TLSSocket).getPeerCertificate?.()?.subject?.CN
  return { target, method, url, version: httpVersion, headers: { ...headers }, client: String(subject ?? '') }
}

/** On a free port of this machine, until the test is over. */
export async function listen(server: Server, host = '127.0.0.1'): Promise<number> {
  const sockets = new Set<Socket>()
  server.on('connection', (socket: Socket) => sockets.add(socket))
  server.listen(0, host)
  await once(server, 'listening')
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy()
    server.close()
  })
  return (server.address() as AddressInfo).port
}
