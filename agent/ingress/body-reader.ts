import { Broken, type Lines, NOTHING, readTrailers } from './head.ts'

export interface BodySink {
  data(chunk: Buffer): void
  /** With its last words, where these came in one piece. */
  end(chunk: Buffer | null, trailers: Lines): void
}

/** How many bytes it has, or how it shows its end. */
type Framing = number | 'chunked' | 'until close'

/** Reads the bodies of one connection of HTTP/1.1, one after the other. */
export interface BodyReader {
  begin(framing: Framing, sink: BodySink): void
  /** What is left after one part of it; `null`: the part is not whole yet. */
  step(bytes: Buffer): Buffer | null
  /** The connection ended. Says whether that was the end of the body. */
  finish(): boolean
}

const MOST_TRAILER_BYTES = 64 * 1024
const MOST_LINE_BYTES = 4 * 1024
const CHUNK_SIZE = /^([0-9a-fA-F]{1,12})[ \t]*(?:;[\t\x20-\x7e\x80-\xff]*)?$/
const END_OF_LINES = '\r\n\r\n'

type State = 'length' | 'size' | 'chunk' | 'after chunk' | 'trailers' | 'until close' | 'over'

export function createBodyReader(): BodyReader {
  let state: State = 'over'
  let sink: BodySink
  let left = 0

  function readLength(bytes: Buffer): Buffer {
    if (bytes.length < left) {
      left -= bytes.length
      sink.data(bytes)
      return NOTHING
    }
    state = 'over'
    const isAll = bytes.length === left
    sink.end(isAll ? bytes : bytes.subarray(0, left), '')
    return isAll ? NOTHING : bytes.subarray(left)
  }

  function readChunk(bytes: Buffer): Buffer {
    const own = bytes.length > left ? bytes.subarray(0, left) : bytes
    left -= own.length
    if (left === 0) state = 'after chunk'
    sink.data(own)
    return bytes.length === own.length ? NOTHING : bytes.subarray(own.length)
  }

  function readLine(bytes: Buffer, take: (line: string) => void): Buffer | null {
    const end = bytes.indexOf('\r\n')
    if (end > MOST_LINE_BYTES || (end < 0 && bytes.length > MOST_LINE_BYTES)) throw new Broken('a line is too long')
    if (end < 0) return null
    take(bytes.toString('latin1', 0, end))
    return bytes.subarray(end + 2)
  }

  const takeSize = (line: string) => {
    const [, size] = CHUNK_SIZE.exec(line) ?? []
    if (size === undefined) throw new Broken('a chunk has no length')
    left = Number.parseInt(size, 16)
    state = left === 0 ? 'trailers' : 'chunk'
  }
  const takeEndOfChunk = (line: string) => {
    if (line !== '') throw new Broken('a chunk is longer than it says')
    state = 'size'
  }

  function readLastLines(bytes: Buffer): Buffer | null {
    const isEmpty = bytes.length >= 2 && bytes[0] === 13 && bytes[1] === 10
    const end = isEmpty ? 0 : bytes.indexOf(END_OF_LINES)
    if (end < 0 && bytes.length > MOST_TRAILER_BYTES) throw new Broken('its trailers are too long')
    if (end < 0) return null
    const trailers = isEmpty ? '' : readTrailers(bytes.toString('latin1', 0, end + 2))
    state = 'over'
    sink.end(null, trailers)
    return bytes.subarray(isEmpty ? 2 : end + END_OF_LINES.length)
  }

  return {
    begin(framing, next) {
      sink = next
      left = typeof framing === 'number' ? framing : 0
      state = framing === 'chunked' ? 'size' : framing === 'until close' ? framing : 'length'
    },
    step(bytes) {
      switch (state) {
        case 'length':
          return readLength(bytes)
        case 'size':
          return readLine(bytes, takeSize)
        case 'chunk':
          return readChunk(bytes)
        case 'after chunk':
          return readLine(bytes, takeEndOfChunk)
        case 'trailers':
          return readLastLines(bytes)
        case 'until close':
          sink.data(bytes)
          return NOTHING
        case 'over':
          throw new Broken('something came that belongs to nothing')
      }
    },
    finish() {
      if (state !== 'until close') return false
      state = 'over'
      sink.end(null, '')
      return true
    },
  }
}
