import { type BodySink, createBodyReader } from './body-reader.ts'
import { Broken, framingOf, hasWord, type Lines, NOTHING, readHead, takeHead } from './head.ts'

/** What is heard of an answer. */
export interface AnswerSink extends BodySink {
  head(head: AnswerHead): void
  /** 101: what follows is of another protocol. */
  switched(lines: Lines, rest: Buffer): void
}

interface AnswerHead {
  status: number
  text: string
  lines: Lines
  length: string | null
  /** The connection may be asked again afterwards. */
  isKept: boolean
}

/** Reads the answers of one connection of HTTP/1.1, one after the other. What is ambiguous is refused. */
export interface AnswerReader {
  begin(method: string, sink: AnswerSink): void
  /** The bytes are the caller's again afterwards, those that the sink was given too. */
  read(bytes: Buffer): void
  /** The connection ended. Says whether that was the answer's end. */
  finish(): boolean
}

const STATUS_LINE = /^HTTP\/1\.([01]) ([1-9]\d\d)(?: ([\t\x20-\x7e\x80-\xff]*))?$/

export function createAnswerReader(): AnswerReader {
  let state: 'head' | 'body' | 'over' = 'over'
  let sink: AnswerSink
  let method = ''
  let held: Buffer | null = null
  const body = createBodyReader()

  function read(bytes: Buffer): void {
    let rest = held ? Buffer.concat([held, bytes]) : bytes
    held = null
    while (rest.length > 0) {
      const next = step(rest)
      if (next === null) {
        held = Buffer.from(rest)
        return
      }
      rest = next
    }
  }

  /** What is left after one part of it; `null`: the part is not whole yet. */
  function step(bytes: Buffer): Buffer | null {
    if (state === 'head') return readAnswerHead(bytes)
    if (state === 'body') return body.step(bytes)
    throw new Broken('something came that nobody asked for')
  }

  function readAnswerHead(bytes: Buffer): Buffer | null {
    const whole = takeHead(bytes)
    if (!whole) return null
    const { first, lines, rest } = whole
    const [, minor, digits, reason = ''] = STATUS_LINE.exec(first) ?? []
    if (digits === undefined) throw new Broken('it does not begin as an answer of HTTP/1.1')
    const head = readHead(lines)
    const status = Number(digits)
    if (status === 101) {
      state = 'over'
      sink.switched(lines, rest)
      return NOTHING
    }
    // What comes before the answer is for this connection alone.
    if (status < 200) return rest
    const said = framingOf(head)
    const framing = method === 'HEAD' || status === 204 || status === 304 ? 0 : (said ?? 'until close')
    const isKept = minor === '1' && framing !== 'until close' && !hasWord(head.connection, 'close')
    state = framing === 0 ? 'over' : 'body'
    if (framing !== 0) body.begin(framing, bodySink)
    sink.head({
      status,
      text: reason,
      lines: head.lines,
      length: head.length,
      isKept,
    })
    if (framing === 0) sink.end(null, '')
    return rest
  }

  const bodySink: BodySink = {
    data: (chunk) => sink.data(chunk),
    end(chunk, trailers) {
      state = 'over'
      sink.end(chunk, trailers)
    },
  }

  return {
    begin(asked, next) {
      state = 'head'
      held = null
      method = asked
      sink = next
    },
    read,
    finish: () => state === 'over' || (state === 'body' && body.finish()),
  }
}
