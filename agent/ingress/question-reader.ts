import { createBodyReader } from './body-reader.ts'
import type { Body, Question, QuestionSink } from './exchange.ts'
import { Broken, framingOf, type Head, hasWord, MOST_HEAD_BYTES, NOTHING, readHead, takeHead } from './head.ts'

/** What is heard of the front. */
export interface FrontSink {
  question(question: Question, how: { isOld: boolean; isLast: boolean; isExpecting: boolean }): void
  pause(): void
  resume(): void
}

/** Reads the questions of one connection of HTTP/1.1, one after the other. What is ambiguous is refused. */
export interface QuestionReader {
  /** Throws where it is broken, and is of no use from then on. */
  read(bytes: Buffer): void
  /** The last question is answered, and the next may come. Throws as `read` does. */
  next(): void
  /** What came and was not read, for whoever goes on with the connection. */
  rest(): Buffer
}

const REQUEST_LINE = /^([!#$%&'*+.^_`|~0-9A-Za-z-]+) ([\x21-\x7e\x80-\xff]+) HTTP\/1\.([01])$/

export function createQuestionReader(sink: FrontSink): QuestionReader {
  let state: 'head' | 'body' | 'waiting' = 'head'
  let isAnswered = false
  let isReading = false
  let held: Buffer | null = null
  let latest: Body | null = null
  let taker: QuestionSink | null = null
  const bodyReader = createBodyReader()

  function read(bytes: Buffer): void {
    let rest = held ? Buffer.concat([held, bytes]) : bytes
    held = null
    isReading = true
    while (rest.length > 0 && state !== 'waiting') {
      const next = state === 'head' ? readQuestionHead(rest) : bodyReader.step(rest)
      if (next === null) break
      rest = next
    }
    isReading = false
    if (rest.length === 0) return
    held = rest
    // Nobody sends more than one question at a time who means well.
    if (state === 'waiting' && rest.length > MOST_HEAD_BYTES) sink.pause()
  }

  function readQuestionHead(bytes: Buffer): Buffer | null {
    const whole = takeHead(bytes)
    if (!whole) return null
    if (whole.length > MOST_HEAD_BYTES) throw new Broken('its head is too long')
    const [, method, path, minor] = REQUEST_LINE.exec(whole.first) ?? []
    if (method === undefined || path === undefined) throw new Broken('it does not begin as a request of HTTP/1.1')
    ask(method, path, readHead(whole.lines), minor === '0')
    return whole.rest
  }

  function ask(method: string, path: string, head: Head, isOld: boolean): void {
    const framing = framingOf(head) ?? 0
    const upgrade = upgradeOf(head)
    if (head.host === null || method === 'CONNECT') throw new Broken('nobody says where it is to go')
    // Where its body ends and the other protocol begins, nobody could tell; and HTTP/1.0 knows no chunks.
    if (framing !== 0 && (upgrade !== null || (isOld && framing === 'chunked')))
      throw new Broken('its body has no place')
    isAnswered = false
    taker = latest = null
    state = framing === 0 ? 'waiting' : 'body'
    if (framing !== 0) bodyReader.begin(framing, { data: takeData, end: takeEnd })
    const question: Question = {
      method,
      path,
      host: head.host,
      forwardedHost: head.forwardedHost,
      forwardedPrefix: head.forwardedPrefix,
      lines: head.lines,
      body: framing === 0 ? null : newBody(),
      bodyLength: head.length,
      upgrade,
    }
    const isLast = isOld || upgrade !== null || hasWord(head.connection, 'close')
    sink.question(question, { isOld, isLast, isExpecting: framing !== 0 && head.expect !== null })
  }

  const takeData = (chunk: Buffer) => taker?.data(chunk)
  const takeEnd = (chunk: Buffer | null, trailers: string) => {
    state = isAnswered ? 'head' : 'waiting'
    if (chunk) taker?.data(chunk)
    taker?.end(trailers)
  }
  /** Of one question: whoever comes late with the one before says nothing about it. */
  function newBody(): Body {
    const body: Body = {
      to(next) {
        if (latest === body) taker = next
      },
      pause: () => latest === body && sink.pause(),
      resume: () => latest === body && sink.resume(),
    }
    latest = body
    return body
  }

  return {
    read,
    next() {
      isAnswered = true
      if (state === 'waiting') state = 'head'
      sink.resume()
      if (held && state === 'head' && !isReading) read(NOTHING)
    },
    rest() {
      const left = held ?? NOTHING
      held = null
      return left
    },
  }
}

/** HTTP/2 is spoken to apps that are known to speak it; by an upgrade it would go past all that looks at requests. */
function upgradeOf({ upgrade, connection }: Head): string | null {
  if (upgrade === null || !hasWord(connection, 'upgrade') || /\bh2c?\b/i.test(upgrade)) return null
  return upgrade
}
