import { type ClientHttp2Session, type ClientHttp2Stream, connect, constants } from 'node:http2'
import type { Upstream } from '../config/upstream.ts'
import type { AppClient } from './app-client.ts'
import type { Body, Question, Reply } from './exchange.ts'
import { type Fields, fieldsOf, linesOf, sendTrailers, trailersOf } from './http2-fields.ts'
import type { Limits } from './limits.ts'
import { connectedEvent, openSocket } from './open-socket.ts'
import { answerPage } from './page.ts'

/** HTTP/2 over one connection, as gRPC wants it: both sides stream, and answers end with trailers. */
export function createH2cClient(upstream: Upstream, limits: Limits): AppClient {
  let current: ClientHttp2Session | null = null
  const leave = (session: ClientHttp2Session) => {
    if (current === session) current = null
  }

  const open = (): ClientHttp2Session => {
    const socket = openSocket(upstream)
    // Who has ended the connection has ended all of its streams.
    socket.allowHalfOpen = false
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
      if (!current || current.closed || current.destroyed) current = open()
      const stream = request(current, question)
      if (stream) forward(stream, question, reply)
      else answerPage(reply, 400)
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

/** `null`: it has something that HTTP/2 has no place for. */
function request(session: ClientHttp2Session, question: Question): ClientHttp2Stream | null {
  const { method, path, host, lines, body } = question
  const { host: _, ...fields } = fieldsOf(lines)
  // gRPC asks for trailers, and of one connection it is all the same.
  const own = { ':method': method, ':path': path, ':authority': host, te: 'trailers' }
  const options = { endStream: body === null, waitForTrailers: body !== null }
  try {
    return session.request({ ...fields, ...own }, options)
  } catch {
    return null
  }
}

function forward(stream: ClientHttp2Stream, { body }: Question, reply: Reply): void {
  let trailers = ''
  let isGone = false
  reply.onGone(() => {
    isGone = true
    stream.close(constants.NGHTTP2_CANCEL)
  })
  sendBody(stream, body)

  stream.on('response', (answer: Fields) => {
    const length = answer['content-length']
    reply.head(Number(answer[':status']), '', linesOf(answer), { length: typeof length === 'string' ? length : null })
    reply.flush()
  })
  stream.on('data', (chunk: Buffer) => {
    if (reply.write(chunk)) return
    stream.pause()
    reply.drained(() => stream.resume())
  })
  stream.on('trailers', (after: Fields) => {
    trailers = trailersOf(after)
  })
  let hasEnded = false
  stream.on('end', () => {
    // Node ends the stream also where it was reset.
    if (stream.rstCode !== constants.NGHTTP2_NO_ERROR || !reply.hasBegun()) return
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

function sendBody(stream: ClientHttp2Stream, body: Body | null): void {
  if (!body) return
  let last = ''
  stream.on('wantTrailers', () => sendTrailers(stream, last))
  stream.on('drain', () => body.resume())
  body.to({
    data(chunk) {
      if (!stream.write(chunk)) body.pause()
    },
    end(trailers) {
      last = trailers
      stream.end()
    },
  })
  stream.on('close', () => {
    body.to(null)
    body.resume()
  })
}
