import { createServer, type IncomingMessage, ServerResponse } from 'node:http'
import type { Duplex } from 'node:stream'
import type { FrontSide, Question, RawHeaders, Reply } from './exchange.ts'
import type { Forward } from './forward.ts'
import { endToEnd, endToEndTrailers } from './headers.ts'
import { join } from './join.ts'
import { answerPage } from './page.ts'

const MOST_HEADER_BYTES = 64 * 1024
/** Where what is written is one string, Node needs one write for head and body. */
const MOST_TEXT_BYTES = 16 * 1024

/** What comes by HTTP/1.1. Its parser is Node's, which refuses what could be read in two ways. */
export function createHttp1Side(forward: Forward): FrontSide {
  let isLeaving = false
  const server = createServer({
    maxHeaderSize: MOST_HEADER_BYTES,
    // The front closes what it does not need, and ends what takes too long.
    keepAliveTimeout: 0,
    requestTimeout: 0,
    headersTimeout: 0,
  })
  // Its connections come from elsewhere; only from here on it keeps account of them, and knows which are idle.
  server.emit('listening')
  server.on('request', (request: IncomingMessage, response: ServerResponse) => {
    const odd = isOdd(request)
    // Whatever stands behind an odd request may be part of it.
    if (isLeaving || odd) response.shouldKeepAlive = false
    const reply = replyBy(response)
    if (odd) answerPage(reply, 400)
    else forward(questionOf(request, null), reply)
  })
  server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    if (head.length > 0) socket.unshift(head)
    // Node leaves the connection alone from here on.
    const response = new ServerResponse(request)
    response.shouldKeepAlive = false
    try {
      response.assignSocket(socket as never)
    } catch {
      // The request before it is not answered yet, which the front waits for.
      return void socket.destroy()
    }
    response.once('finish', () => socket.end())
    // Where its body ends and the other protocol begins, nobody could tell.
    if (hasFraming(request)) answerPage(replyBy(response, socket), 400)
    else forward(questionOf(request, request.headers.upgrade ?? ''), replyBy(response, socket))
  })
  server.on('connect', (_, socket: Duplex) => socket.destroy())
  server.on('clientError', (_, socket: Duplex) => socket.destroy())
  return {
    accept: (socket) => void server.emit('connection', socket),
    leave() {
      isLeaving = true
      server.closeIdleConnections()
    },
  }
}

/** Whose body is framed in a way that other servers may not know. */
function isOdd({ headers }: IncomingMessage): boolean {
  const coding = headers['transfer-encoding']
  return coding !== undefined && coding.toLowerCase() !== 'chunked'
}

const hasFraming = ({ headers }: IncomingMessage): boolean =>
  'transfer-encoding' in headers || (headers['content-length'] ?? '0') !== '0'

function questionOf(request: IncomingMessage, upgrade: string | null): Question {
  const { method = 'GET', url = '/', headers } = request
  const bodyLength = headers['content-length'] ?? null
  const hasBody = upgrade === null && hasFraming(request)
  return {
    method,
    path: url,
    host: headers.host ?? '',
    headers: withoutHost(endToEnd(request.rawHeaders)),
    body: hasBody ? request : null,
    bodyLength,
    trailers: () => endToEndTrailers(request.rawTrailers),
    isWhole: () => request.complete,
    upgrade,
  }
}

function withoutHost(headers: RawHeaders): RawHeaders {
  for (let i = 0; i + 1 < headers.length; i += 2)
    if (headers[i]?.toLowerCase() === 'host') return headers.toSpliced(i, 2)
  return headers
}

/** `socket`: of a connection that may be handed over. */
function replyBy(response: ServerResponse, socket?: Duplex): Reply {
  response.sendDate = false
  response.on('error', () => undefined)
  let hasBody = false
  return {
    head(status, text, headers) {
      response.writeHead(status, text, headers)
      // Node sends it with the first words that follow: which may be long in coming.
      queueMicrotask(() => hasBody || response.flushHeaders())
    },
    write(chunk) {
      hasBody = true
      return response.write(chunk)
    },
    drained: (resume) => void response.once('drain', resume),
    end(chunk, trailers) {
      hasBody = true
      if (trailers.length > 0) response.addTrailers(pairs(trailers))
      if (chunk && chunk.length <= MOST_TEXT_BYTES) response.end(chunk.toString('latin1'), 'latin1')
      else response.end(chunk ?? undefined)
    },
    hand(headers, app) {
      if (!socket) return void response.destroy()
      response.detachSocket(socket as never)
      socket.write(`HTTP/1.1 101 Switching Protocols\r\n${linesOf(headers)}\r\n`, 'latin1')
      join(socket, app)
    },
    breakOff: () => void response.destroy(),
    onGone: (tell) => void response.once('close', () => response.writableFinished || tell()),
    onOver: (tell) => void (socket ?? response).once('close', tell),
    get hasBegun() {
      return response.headersSent
    },
  }
}

function pairs(flat: RawHeaders): [string, string][] {
  const all: [string, string][] = []
  for (let i = 0; i + 1 < flat.length; i += 2) all.push([flat[i] as string, flat[i + 1] as string])
  return all
}

/** Of an answer of 101, whose Connection and Upgrade are meant for this connection. */
function linesOf(headers: RawHeaders): string {
  return pairs(headers)
    .map(([name, value]) => `${name}: ${value}\r\n`)
    .join('')
}
