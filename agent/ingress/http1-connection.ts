import type { Upstream } from '../config/upstream.ts'
import { type AnswerSink, createAnswerReader } from './answer-reader.ts'
import type { Question, Reply } from './exchange.ts'
import { Broken } from './head.ts'
import { sendQuestion } from './http1-question.ts'
import type { Limits } from './limits.ts'
import { connectedEvent, openReading, openSocket } from './open-socket.ts'
import type { PageStatus } from './page.ts'

/** A connection to an app: one request at a time. */
export interface Http1Connection {
  ask(question: Question, reply: Reply, failed: Failed): void
  close(): void
  readonly isOpen: boolean
  readonly freeSinceMs: number
}

/** `isUnheard`: nothing has come back. */
type Failed = (status: PageStatus, isUnheard: boolean) => void

interface Exchange {
  reply: Reply
  failed: Failed
  /** No longer listens for the rest of the request; says whether all of it was sent. */
  stopSending: () => boolean
  isUnheard: boolean
  mayBeHanded: boolean
}

interface Http1ConnectionOptions {
  limits: Limits
  /** It may become one of another protocol. */
  mayBeHanded: boolean
  /** It may be asked again. */
  free: (connection: Http1Connection) => void
}

export function createHttp1Connection(
  upstream: Upstream,
  { limits, mayBeHanded, free }: Http1ConnectionOptions,
): Http1Connection {
  const reader = createAnswerReader()
  let exchange: Exchange | null = null
  let isKept = false
  let freeSinceMs = 0
  let isHanded = false

  const fail = (status: PageStatus) => {
    socket.destroy()
    const failed = exchange
    exchange = null
    if (!failed) return
    failed.stopSending()
    failed.failed(status, failed.isUnheard)
  }
  const over = () => {
    const wasSent = exchange?.stopSending()
    exchange = null
    // Whoever answers before it has heard all may take the rest for the next request.
    if (!isKept || !wasSent) return void socket.destroy()
    freeSinceMs = performance.now()
    // Nobody who comes next is to wait until this answer is fetched.
    socket.resume()
    free(connection)
  }

  const sink: AnswerSink = {
    head(head) {
      ;({ isKept } = head)
      exchange?.reply.head(head.status, head.text, head.lines, head)
    },
    data(chunk) {
      if (!exchange || exchange.reply.write(chunk) || socket.isPaused()) return
      socket.pause()
      exchange.reply.drained(resume)
    },
    end(chunk, trailers) {
      exchange?.reply.end(chunk, trailers)
      over()
    },
    switched(lines, rest) {
      if (!exchange?.mayBeHanded) throw new Broken('it goes over to a protocol that nobody asked for')
      const { reply, stopSending } = exchange
      isHanded = true
      stopSending()
      exchange = null
      // What is put back waits for whoever listens next; in a socket that flows it would wait for more.
      socket.removeAllListeners('data').removeAllListeners('timeout').setTimeout(0).pause()
      if (rest.length > 0) socket.unshift(rest)
      reply.hand(lines, socket)
    },
  }
  const resume = () => void socket.resume()
  const take = (bytes: Buffer) => {
    if (exchange) exchange.isUnheard = false
    try {
      reader.read(bytes)
    } catch {
      return fail(502)
    }
    exchange?.reply.flush()
  }

  const socket = mayBeHanded ? openSocket(upstream).on('data', take) : openReading(upstream, take)
  socket.setTimeout(limits.connectMs)
  socket.once(connectedEvent(upstream), () => socket.setTimeout(limits.silentMs))
  socket.on('timeout', () => fail(504))
  socket.on('error', () => fail(502))
  socket.on('end', () => {
    if (isHanded) return
    isKept = false
    if (!exchange || !reader.finish()) fail(502)
  })
  socket.on('close', () => {
    if (!isHanded) fail(502)
  })

  const connection: Http1Connection = {
    ask(question, reply, failed) {
      reader.begin(question.method, sink)
      const mayBeHanded = question.upgrade !== null
      const asked: Exchange = {
        reply,
        failed,
        mayBeHanded,
        isUnheard: true,
        stopSending: sendQuestion(socket, question),
      }
      exchange = asked
      reply.onGone(() => {
        if (exchange !== asked) return
        exchange = null
        asked.stopSending()
        socket.destroy()
      })
    },
    close: () => void socket.destroy(),
    get isOpen() {
      return !socket.destroyed && !socket.readableEnded
    },
    get freeSinceMs() {
      return freeSinceMs
    },
  }
  return connection
}
