import { type ClientHttp2Session, type ClientHttp2Stream, connect, constants } from 'node:http2'
import type { Upstream } from '../config/upstream.ts'
import type { AppClient } from './app-client.ts'
import type { Question, Reply } from './exchange.ts'
import { endToEnd, flat, grouped } from './headers.ts'
import type { Limits } from './limits.ts'
import { connectedEvent, openSocket } from './open-socket.ts'
import { answerPage } from './page.ts'

type Incoming = Record<string, string | string[] | undefined>

/** HTTP/2 over one connection, as gRPC wants it: both sides stream, and answers end with trailers. */
export function createH2cClient(upstream: Upstream, limits: Limits): AppClient {
  let current: ClientHttp2Session | null = null
  const leave = (session: ClientHttp2Session) => {
    if (current === session) current = null
  }

  const open = (): ClientHttp2Session => {
    const socket = openSocket(upstream)
    const giveUp = () => void socket.destroy(new TookTooLong())
    socket.setTimeout(limits.connectMs, giveUp)
    socket.once(connectedEvent(upstream), () => socket.setTimeout(0).off('timeout', giveUp))
    const session = connect(`${upstream.tls ? 'https' : 'http'}://app`, {
      createConnection: () => socket,
      settings: { enablePush: false },
    })
    session.on('error', () => leave(session))
    session.on('close', () => leave(session))
    session.on('goaway', () => leave(session))
    return session
  }

  return {
    ask(question, reply) {
      if (question.upgrade !== null) return answerPage(reply, 501)
      current ??= open()
      forward(current, question, reply)
    },
    // One connection costs nothing.
    sweep: () => undefined,
    close() {
      current?.close()
      current = null
    },
  }
}

class TookTooLong extends Error {}

function forward(session: ClientHttp2Session, question: Question, reply: Reply): void {
  const { method, path, host, headers, body } = question
  const stream = session.request(
    {
      ...grouped(headers),
      ':method': method,
      ':path': path,
      ':authority': host,
      // gRPC asks for it, and of one connection it is all the same.
      te: 'trailers',
    },
    { endStream: body === null, waitForTrailers: body !== null },
  )
  let trailers: string[] = []
  let isGone = false
  reply.onGone(() => {
    isGone = true
    stream.close(constants.NGHTTP2_CANCEL)
  })
  if (body) sendBody(stream, question)

  stream.on('response', (answer: Incoming) => {
    try {
      reply.head(Number(answer[':status']), '', endToEnd(flat(answer)), { trailers: true })
    } catch {
      stream.close(constants.NGHTTP2_CANCEL)
      answerPage(reply, 502)
    }
  })
  stream.on('data', (chunk: Buffer) => {
    if (reply.write(chunk)) return
    stream.pause()
    reply.drained(() => stream.resume())
  })
  stream.on('trailers', (after: Incoming) => {
    trailers = endToEnd(flat(after))
  })
  let hasEnded = false
  stream.on('end', () => {
    // Node ends the stream also where it was reset.
    if (stream.rstCode !== constants.NGHTTP2_NO_ERROR || !reply.hasBegun) return
    hasEnded = true
    reply.end(null, trailers)
  })
  let cause: unknown
  stream.on('error', (error) => {
    cause = error
  })
  stream.on('close', () => {
    if (!hasEnded && !isGone) answerPage(reply, cause instanceof TookTooLong ? 504 : 502)
  })
}

function sendBody(stream: ClientHttp2Stream, { body, trailers }: Question): void {
  stream.on('wantTrailers', () => stream.sendTrailers(grouped(trailers())))
  body?.pipe(stream)
  stream.on('close', () => {
    body?.unpipe(stream)
    body?.resume()
  })
}
