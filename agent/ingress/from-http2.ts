import { randomBytes } from 'node:crypto'
import {
  constants,
  createServer,
  type IncomingHttpHeaders,
  type ServerHttp2Session,
  type ServerHttp2Stream,
} from 'node:http2'
import type { FrontSide, Question, RawHeaders, Reply } from './exchange.ts'
import type { Forward } from './forward.ts'
import { endToEnd, endToEndTrailers, flat, grouped, headerOf } from './headers.ts'
import { sendTrailers } from './http2-trailers.ts'
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
  let trailers: RawHeaders = []
  stream.once('trailers', (after: IncomingHttpHeaders) => {
    trailers = endToEndTrailers(flat(after))
  })
  const { host: _, ...others } = headers
  if (isTunnel) delete others['content-length']
  const kept = endToEnd(flat(others))
  return {
    method: isTunnel ? 'GET' : method,
    path,
    host: authority ?? host ?? '',
    // HTTP/2 has no key of its own for it.
    headers: isTunnel ? [...kept, 'sec-websocket-key', randomBytes(16).toString('base64')] : kept,
    body: isWhole || isTunnel ? null : stream,
    bodyLength: headers['content-length'] ?? null,
    trailers: () => trailers,
    // Node ends the stream also where it was reset.
    isWhole: () => !stream.aborted && stream.rstCode === constants.NGHTTP2_NO_ERROR,
    upgrade: isTunnel ? 'websocket' : null,
  }
}

function replyBy(stream: ServerHttp2Stream): Reply {
  let after: RawHeaders = []
  let isSaid = false
  stream.on('wantTrailers', () => sendTrailers(stream, after))
  return {
    head(status, _, headers, { trailers } = { trailers: false }) {
      if (stream.closed || stream.destroyed) return
      // Waiting for trailers costs more than all the rest of an answer.
      stream.respond({ ':status': status, ...grouped(headers) }, { waitForTrailers: trailers })
    },
    write: (chunk) => stream.write(chunk),
    drained: (resume) => void stream.once('drain', resume),
    end(chunk, trailers) {
      isSaid = true
      after = trailers
      stream.end(chunk ?? undefined)
    },
    hand(headers, app) {
      isSaid = true
      if (stream.closed || stream.destroyed) return void app.destroy()
      const protocol = headerOf(headers, 'sec-websocket-protocol')
      const extensions = headerOf(headers, 'sec-websocket-extensions')
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
