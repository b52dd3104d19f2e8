import {
  createSecureServer,
  createServer,
  type Http2Server,
  type IncomingHttpHeaders,
  type SecureServerOptions,
  type ServerHttp2Stream,
} from 'node:http2'
import { listen } from './targets.ts'

export interface H2Target {
  port: number
  /** Streams that came, by their method. */
  came(method: string): number
}

/**
 * Speaks HTTP/2 alone, by TLS where it has a certificate: a service of gRPC that says back each message behind its name,
 * with trailers at the end that tell of those of the client, and WebSockets by RFC 8441.
 */
export async function startH2Target(name: string, tls?: SecureServerOptions): Promise<H2Target> {
  const settings = { enableConnectProtocol: true }
  const server: Http2Server = tls ? createSecureServer({ ...tls, settings }) : createServer({ settings })
  const methods: string[] = []
  server.on('stream', (stream, headers) => {
    methods.push(String(headers[':method']))
    stream.on('error', () => stream.destroy())
    if (headers[':method'] === 'CONNECT') tunnel(name, stream)
    else serve(name, stream, headers)
  })
  server.on('session', (session) => session.on('error', () => session.destroy()))
  return { port: await listen(server), came: (method) => methods.filter((each) => each === method).length }
}

function serve(name: string, stream: ServerHttp2Stream, headers: IncomingHttpHeaders): void {
  let ofClient = ''
  stream.on('trailers', (trailers) => {
    ofClient = String(trailers['x-client-trailer'] ?? '')
  })
  stream.on('wantTrailers', () =>
    stream.sendTrailers({
      'grpc-status': '0',
      'grpc-message': `${name} ends`,
      'x-te': `${headers.te}`,
      'x-came': ofClient,
    }),
  )
  stream.respond({ ':status': 200, 'content-type': 'application/grpc' }, { waitForTrailers: true })
  stream.on('data', (chunk) => stream.write(`${name}:${chunk}`))
  stream.on('end', () => stream.end())
}

function tunnel(name: string, stream: ServerHttp2Stream): void {
  stream.respond({ ':status': 200 })
  stream.on('data', (chunk) => stream.write(`${name}:${chunk}`))
  stream.on('end', () => stream.end())
}
