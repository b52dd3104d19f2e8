import type { TLSSocket } from 'node:tls'
import type { FrontConnection, FrontSide } from './exchange.ts'
import type { Forward } from './forward.ts'
import { createFrontSide } from './front-side.ts'
import { createHttp1Reply, type Http1Reply } from './http1-reply.ts'
import { answerPage } from './page.ts'
import type { ProtocolChoice } from './protocol-choice.ts'
import { createQuestionReader } from './question-reader.ts'

/** What comes by HTTP/1.1. */
export const createHttp1Side = (forward: Forward, choice: ProtocolChoice): FrontSide =>
  createFrontSide((socket) => serve(socket, forward, choice))

function serve(socket: TLSSocket, forward: Forward, choice: ProtocolChoice): FrontConnection {
  let reply: Http1Reply | null = null
  let isLeaving = false
  /** Once it is over, the front may choose again. */
  const isForNow = !choice.prefersHttp2()

  const over = () => {
    reply = null
    if (isLeaving) socket.destroySoon()
    else guarded(() => reader.next())
  }
  const read = (bytes: Buffer) => guarded(() => reader.read(bytes))
  const guarded = (work: () => void) => {
    try {
      work()
    } catch {
      refuse()
    }
  }
  /** Whatever stands behind it may be part of it. */
  const refuse = () => {
    socket.off('data', read)
    if (reply) return void socket.destroy()
    answerPage(createHttp1Reply(socket, { method: '', isOld: true, isLast: true, over, leave }), 400)
  }
  const leave = () => {
    socket.off('data', read).off('end', end).pause()
    return reader.rest()
  }
  // Who says nothing more does not listen either.
  const end = () => void socket.destroy()

  const reader = createQuestionReader({
    question(question, { isOld, isLast, isExpecting }) {
      if (isExpecting) socket.write('HTTP/1.1 100 Continue\r\n\r\n')
      const ends = isLast || isLeaving || (isForNow && choice.prefersHttp2())
      reply = createHttp1Reply(socket, { method: question.method, isOld, isLast: ends, over, leave })
      forward(question, reply)
    },
    pause: () => void socket.pause(),
    resume: () => void socket.resume(),
  })
  socket.on('data', read)
  socket.on('end', end)
  socket.on('close', () => reply?.closed())
  return {
    leave() {
      isLeaving = true
      if (!reply) socket.destroySoon()
    },
  }
}
