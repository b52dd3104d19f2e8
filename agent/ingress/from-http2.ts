import { randomBytes } from 'node:crypto'
import {
  constants,
  createServer,
  type IncomingHttpHeaders,
  type ServerHttp2Session,
  type ServerHttp2Stream,
} from 'node:http2'
import type { Body, FrontSide, Question, QuestionSink, Reply } from './exchange.ts'
import type { Forward } from './forward.ts'
import { fieldsOf, firstOf, linesOf, sendTrailers, trailersOf } from './http2-fields.ts'
import { join } from './join.ts'

/** Enough for uploads over long ways. */
const WINDOW_BYTES = 1024 * 1024

/** What comes by HTTP/2, WebSockets of RFC 8441 too. */
export function createHttp2Side(forward: Forward): FrontSide {
  const sessions = new Set<ServerHttp2Session>()
  const server = createServer({ settings: { enableConnectProtocol: true, initialWindowSize: WINDOW_BYTES } })
  server.on('session', (session) => {
    session.setLocalWindowSize(16 * WINDOW_BYTES)
    sessions.add(session)
    session.once('close', () => sessions.delete(session))
  })
  server.on('sessionError', () => undefined)
  server.on('stream', (stream, headers, flags) => {
    stream.on('error', () => undefined)
    const question = questionOf(stream, headers, (flags & constants.NGHTTP2_FLAG_END_STREAM) !== 0)
    if (question === null) stream.close(constants.NGHTTP2_REFUSED_STREAM)
    else forward(question, replyBy(stream))
  })
  return {
    accept(socket) {
      // Who has ended the connection has ended all of its streams.
      socket.allowHalfOpen = false
      server.emit('connection', socket)
    },
    leave() {
      for (const session of sessions) session.close()
    },
  }
}

function questionOf(stream: ServerHttp2Stream, headers: IncomingHttpHeaders, isWhole: boolean): Question | null {
  const { ':method': method = '', ':path': path, ':authority': authority, ':protocol': protocol, host } = headers
  const isTunnel = method === 'CONNECT'
  if (path === undefined || (isTunnel && protocol !== 'websocket')) return null
  const asked = authority ?? host ?? ''
  if (isTunnel) delete headers['content-length']
  // HTTP/2 has no key of its own for it.
  const key = isTunnel ? `sec-websocket-key: ${randomBytes(16).toString('base64')}\r\n` : ''
  delete headers.host
  return {
    method: isTunnel ? 'GET' : method,
    path,
    host: asked,
    forwardedHost: firstOf(headers['x-forwarded-host']),
    forwardedPrefix: firstOf(headers['x-forwarded-prefix']),
    lines: `host: ${asked}\r\n${linesOf(headers)}${key}`,
    body: isWhole || isTunnel ? null : bodyOf(stream),
    bodyLength: headers['content-length'] ?? null,
    upgrade: isTunnel ? 'websocket' : null,
  }
}

function bodyOf(stream: ServerHttp2Stream): Body {
  let sink: QuestionSink | null = null
  let trailers = ''
  stream.once('trailers', (after: IncomingHttpHeaders) => {
    trailers = trailersOf(after)
  })
  stream.on('end', () => {
    // Node ends the stream also where it was reset.
    if (!stream.aborted && stream.rstCode === constants.NGHTTP2_NO_ERROR) sink?.end(trailers)
  })
  return {
    to(next) {
      sink = next
      if (stream.listenerCount('data') === 0) stream.on('data', (chunk: Buffer) => sink?.data(chunk))
    },
    pause: () => void stream.pause(),
    resume: () => void stream.resume(),
  }
}

function replyBy(stream: ServerHttp2Stream): Reply {
  let after = ''
  let isSaid = false
  stream.on('wantTrailers', () => sendTrailers(stream, after))
  return {
    head(status, _, lines, { hasTrailers }) {
      if (stream.closed || stream.destroyed) return
      // Waiting for trailers costs more than all the rest of an answer.
      stream.respond({ ':status': status, ...fieldsOf(lines) }, { waitForTrailers: hasTrailers })
    },
    write: (chunk) => stream.write(chunk),
    drained: (resume) => void stream.once('drain', resume),
    // Node writes as soon as it can.
    flush: () => undefined,
    end(chunk, trailers) {
      isSaid = true
      after = trailers
      stream.end(chunk ?? undefined)
    },
    hand(lines, app) {
      isSaid = true
      if (stream.closed || stream.destroyed) return void app.destroy()
      const { 'sec-websocket-protocol': protocol, 'sec-websocket-extensions': extensions } = fieldsOf(lines)
      stream.respond({
        ':status': 200,
        ...(protocol !== undefined && { 'sec-websocket-protocol': protocol }),
        ...(extensions !== undefined && { 'sec-websocket-extensions': extensions }),
      })
      join(stream, app)
    },
    breakOff: () => stream.close(constants.NGHTTP2_INTERNAL_ERROR),
    onGone: (tell) => void stream.once('close', () => isSaid || tell()),
    onOver: (tell) => void stream.once('close', tell),
    get hasBegun() {
      return stream.headersSent
    },
  }
}
