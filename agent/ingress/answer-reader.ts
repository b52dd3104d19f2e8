import type { RawHeaders } from './exchange.ts'
import { headerOf } from './headers.ts'

/** What is heard of an answer. */
export interface AnswerSink {
  head(head: AnswerHead): void
  data(chunk: Buffer): void
  /** With its last words, where these came in one piece. */
  end(chunk: Buffer | null, trailers: RawHeaders): void
  /** 101: what follows is of another protocol. */
  switched(headers: RawHeaders, rest: Buffer): void
}

interface AnswerHead {
  status: number
  text: string
  headers: RawHeaders
  /** The connection may be asked again afterwards. */
  isKept: boolean
}

/** Reads the answers of one connection of HTTP/1.1, one after the other. What is ambiguous is refused. */
export interface AnswerReader {
  begin(method: string, sink: AnswerSink): void
  read(bytes: Buffer): void
  /** The connection ended. Says whether that was the answer's end. */
  finish(): boolean
}

export class BrokenAnswer extends Error {}

const MOST_HEAD_BYTES = 64 * 1024
const MOST_LINE_BYTES = 4 * 1024
const STATUS_LINE = /^HTTP\/1\.([01]) ([1-9]\d\d)(?: ([\t\x20-\x7e\x80-\xff]*))?$/
const TOKEN = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
const CONTROL = /[\x00-\x08\x0a-\x1f\x7f]/
const END_OF_HEAD = '\r\n\r\n'

type State = 'head' | 'length' | 'size' | 'chunk' | 'after chunk' | 'trailers' | 'until close' | 'over'

export function createAnswerReader(): AnswerReader {
  let state: State = 'over'
  let sink: AnswerSink
  let method = ''
  let left = 0
  let held: Buffer | null = null

  function read(bytes: Buffer): void {
    let rest = held ? Buffer.concat([held, bytes]) : bytes
    held = null
    while (rest.length > 0) {
      const next = step(rest)
      if (next === null) {
        held = rest
        return
      }
      rest = next
    }
  }

  /** What is left after one part of it; `null`: the part is not whole yet. */
  function step(bytes: Buffer): Buffer | null {
    switch (state) {
      case 'head':
        return readHead(bytes)
      case 'length':
        return readLength(bytes)
      case 'size':
        return readLine(bytes, (line) => {
          left = chunkSize(line)
          state = left === 0 ? 'trailers' : 'chunk'
        })
      case 'chunk':
        return readChunk(bytes)
      case 'after chunk':
        return readLine(bytes, (line) => {
          if (line !== '') throw new BrokenAnswer('a chunk is longer than it says')
          state = 'size'
        })
      case 'trailers':
        return readTrailers(bytes)
      case 'until close':
        sink.data(bytes)
        return bytes.subarray(bytes.length)
      case 'over':
        throw new BrokenAnswer('something came that nobody asked for')
    }
  }

  function readHead(bytes: Buffer): Buffer | null {
    const end = bytes.indexOf(END_OF_HEAD)
    if (end < 0 && bytes.length > MOST_HEAD_BYTES) throw new BrokenAnswer('its head is too long')
    if (end < 0) return null
    const { minor, status, text, headers } = parseHead(bytes.toString('latin1', 0, end))
    const rest = bytes.subarray(end + END_OF_HEAD.length)
    if (status === 101) {
      state = 'over'
      sink.switched(headers, rest)
      return bytes.subarray(bytes.length)
    }
    // What comes before the answer is for this connection alone.
    if (status < 200) return rest
    state = framing(headers, status)
    const isClosed = minor === 0 || state === 'until close' || /\bclose\b/i.test(headerOf(headers, 'connection') ?? '')
    sink.head({ status, text, headers, isKept: !isClosed })
    if (state === 'over') sink.end(null, [])
    return rest
  }

  /** RFC 9112 6.3, and nothing that two readers could read in two ways. */
  function framing(headers: RawHeaders, status: number): State {
    const lengths = valuesOf(headers, 'content-length')
    const codings = valuesOf(headers, 'transfer-encoding')
    if (lengths.length > 1 || codings.length > 1 || (lengths.length > 0 && codings.length > 0))
      throw new BrokenAnswer('it says twice how long it is')
    const [length, coding] = [lengths[0], codings[0]]
    if (length !== undefined && !/^\d{1,15}$/.test(length)) throw new BrokenAnswer('its length is no number')
    if (coding !== undefined && coding.toLowerCase() !== 'chunked') throw new BrokenAnswer('its coding is not known')
    if (method === 'HEAD' || status === 204 || status === 304) return 'over'
    if (coding !== undefined) return 'size'
    if (length === undefined) return 'until close'
    left = Number(length)
    return left === 0 ? 'over' : 'length'
  }

  function readLength(bytes: Buffer): Buffer {
    const own = bytes.subarray(0, left)
    left -= own.length
    if (left > 0) sink.data(own)
    else {
      state = 'over'
      sink.end(own, [])
    }
    return bytes.subarray(own.length)
  }

  function readChunk(bytes: Buffer): Buffer {
    const own = bytes.subarray(0, left)
    left -= own.length
    if (left === 0) state = 'after chunk'
    sink.data(own)
    return bytes.subarray(own.length)
  }

  function readLine(bytes: Buffer, take: (line: string) => void): Buffer | null {
    const end = bytes.indexOf('\r\n')
    if (end > MOST_LINE_BYTES || (end < 0 && bytes.length > MOST_LINE_BYTES))
      throw new BrokenAnswer('a line is too long')
    if (end < 0) return null
    take(bytes.toString('latin1', 0, end))
    return bytes.subarray(end + 2)
  }

  function readTrailers(bytes: Buffer): Buffer | null {
    const isEmpty = bytes.length >= 2 && bytes.toString('latin1', 0, 2) === '\r\n'
    const end = isEmpty ? 0 : bytes.indexOf(END_OF_HEAD)
    if (end < 0 && bytes.length > MOST_HEAD_BYTES) throw new BrokenAnswer('its trailers are too long')
    if (end < 0) return null
    state = 'over'
    sink.end(null, isEmpty ? [] : parseHeaders(bytes.toString('latin1', 0, end).split('\r\n')))
    return bytes.subarray(isEmpty ? 2 : end + END_OF_HEAD.length)
  }

  return {
    begin(asked, next) {
      state = 'head'
      held = null
      method = asked
      sink = next
    },
    read,
    finish() {
      if (state !== 'until close') return state === 'over'
      state = 'over'
      sink.end(null, [])
      return true
    },
  }
}

function parseHead(text: string) {
  const [first = '', ...lines] = text.split('\r\n')
  const [, minor, status, reason = ''] = STATUS_LINE.exec(first) ?? []
  if (status === undefined) throw new BrokenAnswer('it does not begin as an answer of HTTP/1.1')
  return { minor: Number(minor), status: Number(status), text: reason, headers: parseHeaders(lines) }
}

/** A line that goes on the one before has no name. */
function parseHeaders(lines: string[]): RawHeaders {
  const headers: RawHeaders = []
  for (const line of lines) {
    const colon = line.indexOf(':')
    const [name, value] = [line.slice(0, colon), line.slice(colon + 1).trim()]
    if (colon <= 0 || !TOKEN.test(name)) throw new BrokenAnswer('a header has no name')
    if (CONTROL.test(value)) throw new BrokenAnswer('a header has what no header may have')
    headers.push(name, value)
  }
  return headers
}

function chunkSize(line: string): number {
  const [size = ''] = line.split(';', 1)
  if (!/^[0-9a-fA-F]{1,12}[ \t]*$/.test(size)) throw new BrokenAnswer('a chunk has no length')
  return Number.parseInt(size, 16)
}

const valuesOf = (headers: RawHeaders, wanted: string): string[] =>
  headers.filter((_, i) => i % 2 === 1 && headers[i - 1]?.toLowerCase() === wanted)
