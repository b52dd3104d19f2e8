import type { Socket } from 'node:net'
import type { Reply } from './exchange.ts'
import { join } from './join.ts'

/** What is no longer than that is written together with the head, as one text: a copy costs less than a second write. */
const MOST_TEXT_BYTES = 16 * 1024

interface Http1ReplyOptions {
  method: string
  /** Who asks by HTTP/1.0 knows no chunks. */
  isOld: boolean
  /** The connection is closed afterwards. */
  isLast: boolean
  /** It was said to the end. */
  over(): void
  /** Gives what came behind the question; the connection is another one's from here on. */
  leave(): Buffer
}

/** The answer to one question of HTTP/1.1. */
export interface Http1Reply extends Reply {
  /** The connection is closed. */
  closed(): void
}

export function createHttp1Reply(socket: Socket, options: Http1ReplyOptions): Http1Reply {
  let { isLast } = options
  let [hasBegun, hasEnded, isChunked] = [false, false, false]
  let hasBody = options.method !== 'HEAD'
  /** What was said and not yet written. */
  let head = ''
  let gone: (() => void) | null = null
  let told: (() => void) | null = null
  let waiting: () => void = () => undefined

  /** As few writes as there can be: each costs more than all that was done to get here. */
  function send(before: string, chunk: Buffer, after: string): boolean {
    const first = head + before
    head = ''
    if (chunk.length <= MOST_TEXT_BYTES) return socket.write(first + chunk.toString('latin1') + after, 'latin1')
    const own = Buffer.from(chunk)
    if (first === '' && after === '') return socket.write(own)
    socket.cork()
    if (first !== '') socket.write(first, 'latin1')
    let hasRoom = socket.write(own)
    if (after !== '') hasRoom = socket.write(after, 'latin1')
    socket.uncork()
    return hasRoom
  }
  const sendText = (text: string) => {
    if (head + text !== '') socket.write(head + text, 'latin1')
    head = ''
  }
  const chunkHead = ({ length }: Buffer) => `${length.toString(16)}\r\n`
  const overNow = () => {
    const tell = told
    told = null
    tell?.()
  }

  return {
    head(status, text, lines, { length }) {
      hasBegun = true
      hasBody &&= status !== 204 && status !== 304
      isChunked = hasBody && length === null && !options.isOld
      if (hasBody && length === null && options.isOld) isLast = true
      const framing = isChunked ? 'Transfer-Encoding: chunked\r\n' : ''
      head = `HTTP/1.1 ${status} ${text}\r\n${lines}${framing}${isLast ? 'Connection: close\r\n' : ''}\r\n`
    },
    write(chunk) {
      if (!hasBody || chunk.length === 0) return true
      return isChunked ? send(chunkHead(chunk), chunk, '\r\n') : send('', chunk, '')
    },
    drained(resume) {
      socket.off('drain', waiting)
      waiting = resume
      socket.once('drain', waiting)
    },
    flush: () => sendText(''),
    end(chunk, trailers) {
      if (hasEnded) return
      hasEnded = true
      gone = null
      socket.off('drain', waiting)
      const last = isChunked ? `0\r\n${trailers}\r\n` : ''
      if (!chunk || !hasBody || chunk.length === 0) sendText(last)
      else if (isChunked) send(chunkHead(chunk), chunk, `\r\n${last}`)
      else send('', chunk, '')
      if (isLast) socket.destroySoon()
      overNow()
      if (!isLast) options.over()
    },
    hand(lines, app) {
      hasEnded = true
      gone = null
      const came = options.leave()
      socket.write(`HTTP/1.1 101 Switching Protocols\r\n${lines}\r\n`, 'latin1')
      if (came.length > 0) socket.unshift(came)
      join(socket, app)
    },
    breakOff: () => void socket.destroy(),
    onGone(tell) {
      gone = tell
    },
    onOver(tell) {
      told = tell
    },
    closed() {
      if (!hasEnded) gone?.()
      overNow()
    },
    hasBegun: () => hasBegun,
  }
}
