import { once } from 'node:events'
import { type ClientHttp2Session, connect } from 'node:http2'
import { text } from 'node:stream/consumers'
import { type Asked, expectAnswer, nextOf } from './http1.ts'
import { type Client, type Load, startLoad } from './load.ts'

/** HTTP/2 over TLS: one connection a client, and a new one when the server says that it goes. */
export function http2Load(
  port: number,
  asked: readonly Asked[],
  { clients = 2, pauseMs }: { clients?: number; pauseMs?: number } = {},
): Load {
  const open = (index: number): Client => {
    let session: ClientHttp2Session | null = null
    let turn = index
    return {
      async ask() {
        const each = nextOf(asked, turn++)
        const before = each.answers()
        if (!isUsable(session)) session = await openSession(port, each.host)
        const { status, body } = await requestOn(session, each.host).catch(async (error: unknown) => {
          if (!isRefused(error)) throw error
          session = await openSession(port, each.host)
          return requestOn(session, each.host)
        })
        expectAnswer(each, before, status, body)
      },
      close: () => session?.destroy(),
    }
  }
  return startLoad({ name: 'HTTP/2', clients, pauseMs, connect: open })
}

const leaving = new WeakSet<ClientHttp2Session>()

const isUsable = (session: ClientHttp2Session | null): session is ClientHttp2Session =>
  session !== null && !session.closed && !session.destroyed && !leaving.has(session)

/** The name in the handshake may differ from that of a request: one certificate stands for all apps. */
async function openSession(port: number, host: string): Promise<ClientHttp2Session> {
  const session = connect(`https://127.0.0.1:${port}`, { servername: host, rejectUnauthorized: false })
  session.on('error', () => session.destroy())
  session.on('goaway', () => {
    leaving.add(session)
    session.close()
  })
  await once(session, 'connect')
  return session
}

async function requestOn(session: ClientHttp2Session, host: string): Promise<{ status: number; body: string }> {
  const stream = session.request({ ':path': '/', ':authority': host })
  const [[headers], body] = await Promise.all([once(stream, 'response'), text(stream)])
  return { status: headers[':status'], body }
}

/** The protocol says of such a request that the server has not begun it: every client sends it again. */
function isRefused(error: unknown): boolean {
  const { code = '', message = '' } = error as { code?: string; message?: string }
  return /GOAWAY|INVALID_SESSION/.test(code) || message.includes('NGHTTP2_REFUSED_STREAM')
}
