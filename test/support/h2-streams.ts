import { once } from 'node:events'
import { type ClientHttp2Stream, connect, type IncomingHttpHeaders } from 'node:http2'
import { onTestFinished } from 'vitest'

/** A stream of HTTP/2 to HAProxy that says things and hears them. */
export interface Call {
  status: number
  /** Gives what came back. */
  say(words: string): Promise<string>
  /** Ends it on this side, with trailers; gives those of the other side. */
  finish(): Promise<IncomingHttpHeaders>
  /** Resolves when it is over. */
  ended: Promise<unknown>
}

/** A session by TLS, or by prior knowledge; it allows for what the server said first. */
async function openSession(port: number, host: string, byTls: boolean) {
  const session = connect(`${byTls ? 'https' : 'http'}://127.0.0.1:${port}`, {
    rejectUnauthorized: false,
    ...(byTls && { servername: host }),
  })
  session.on('error', () => session.destroy())
  onTestFinished(() => session.destroy())
  await once(session, 'remoteSettings')
  return session
}

/** A call of gRPC that goes both ways for as long as it likes. */
export async function openCall(port: number, host: string, { byTls = true } = {}): Promise<Call> {
  const session = await openSession(port, host, byTls)
  const stream = session.request(
    {
      ':method': 'POST',
      ':path': '/test.Echo/Talk',
      ':authority': host,
      'content-type': 'application/grpc',
      te: 'trailers',
    },
    { waitForTrailers: true },
  )
  stream.on('wantTrailers', () => stream.sendTrailers({ 'x-client-trailer': 'from the client' }))
  return conversation(stream)
}

/** A WebSocket on a stream of HTTP/2 (RFC 8441); its frames are left out. */
export async function openTunnel(port: number, host: string): Promise<Call> {
  const session = await openSession(port, host, true)
  if (!session.remoteSettings.enableConnectProtocol) throw new Error('HAProxy takes no extended CONNECT')
  const stream = session.request({
    ':method': 'CONNECT',
    ':protocol': 'websocket',
    ':scheme': 'https',
    ':path': '/',
    ':authority': host,
    'sec-websocket-version': '13',
    'sec-websocket-key': 'dGhlIHNhbXBsZSBub25jZQ==',
  })
  return conversation(stream)
}

async function conversation(stream: ClientHttp2Stream): Promise<Call> {
  const ended = new Promise((resolve) => stream.on('close', resolve))
  const failed = new Promise<never>((_, reject) => {
    stream.on('error', reject)
    void ended.then(() => reject(new Error(`the stream ended with ${stream.rstCode}`)))
  })
  failed.catch(() => undefined)
  const [{ ':status': status }] = await Promise.race([once(stream, 'response'), failed])
  let heard = ''
  stream.on('data', (chunk) => {
    heard += chunk
    stream.emit('heard')
  })
  return {
    status,
    ended,
    async say(words) {
      heard = ''
      stream.write(words)
      while (!heard.endsWith(words)) await Promise.race([once(stream, 'heard'), failed])
      return heard
    },
    async finish() {
      const trailers = once(stream, 'trailers')
      stream.end()
      const [came] = await Promise.race([trailers, ended.then(() => [{}])])
      return came
    },
  }
}
