import type { TLSSocket } from 'node:tls'
import type { FrontConnection } from '../exchange.ts'
import type { Forward } from '../forward.ts'
import { MOST_HEAD_BYTES, NOTHING } from '../head.ts'
import { readAsked, readTrailers } from './asked.ts'
import { createFrameReader, type Frame } from './frame-reader.ts'
import { ConnectionError, ERROR, FIRST_WINDOW, FLAG, FRAME, MOST_ID, SETTING, StreamError } from './frames.ts'
import { HpackError } from './hpack/hpack-error.ts'
import { createFieldsReader } from './hpack/read-fields.ts'
import type { Field } from './hpack/static-table.ts'
import { Line } from './line.ts'
import { questionOf } from './question.ts'
import { readWindow, writeSettings } from './settings.ts'
import { Stream, WINDOW_BYTES } from './stream.ts'

const MOST_STREAMS = 100
/** Of all streams together. */
const ALL_WINDOW_BYTES = 16 * WINDOW_BYTES
const SETTINGS = {
  // HAProxy has no use for it, and all that is kept would hold the head in memory that it came in.
  [SETTING.table]: 0,
  [SETTING.streams]: MOST_STREAMS,
  [SETTING.window]: WINDOW_BYTES,
  [SETTING.connectProtocol]: 1,
}
/** Nobody who means well says a head in more. */
const MOST_PARTS = 64

/** How long who broke the rules may take to close a connection. */
const LINGER_MS = 5_000

/** A head that may come in several frames, and nothing between them. */
interface Block {
  id: number
  isLast: boolean
  parts: Buffer[]
  length: number
}

interface Http2Options {
  forward: Forward
  /** One that holds up others goes alone: the front could have had HTTP/1.1. */
  isShared: boolean
  wentAlone(): void
  patienceMs: number
}

/** A connection that the front speaks HTTP/2 on. */
export function serveHttp2(
  socket: TLSSocket,
  { forward, isShared, wentAlone, patienceMs }: Http2Options,
): FrontConnection {
  const streams = new Map<number, Stream>()
  /** Have more to say than they may as long as there are others. */
  const held = new Set<number>()
  const line = new Line(socket, isShared, {
    left({ id }) {
      held.delete(id)
      if (streams.delete(id)) settle()
    },
    held({ id }) {
      if (held.size === 0) wentAlone()
      held.add(id)
      leave()
      settle()
    },
  })
  const { output } = line
  const fieldsReader = createFieldsReader({ mostBytes: MOST_HEAD_BYTES })
  let latest = 0
  let block: Block | null = null
  /** What came of all streams and was not allowed anew yet. */
  let taken = 0
  let hasSettings = false
  /** It was asked to go, and has heard that. */
  let [isLeaving, hasHeard, isClosed] = [false, false, false]
  /** For what the connection waits. */
  let timer: NodeJS.Timeout | undefined

  function take(frame: Frame): void {
    if (isClosed) return
    if (!hasSettings && frame.type !== FRAME.settings) throw broken('it does not begin with its settings')
    if (block && (frame.type !== FRAME.continuation || frame.id !== block.id)) throw broken('a head is interrupted')
    try {
      takers[frame.type]?.(frame)
    } catch (error) {
      if (!(error instanceof StreamError)) throw error
      refuse(frame.id, error.code)
    }
  }
  function refuse(id: number, code: number): void {
    const stream = streams.get(id)
    if (stream) line.reset(stream, code)
    else output.numbers(FRAME.reset, id, code)
  }

  const takers: Record<number, (frame: Frame) => void> = {
    [FRAME.data](frame) {
      allowMore(frame.payload.length)
      const stream = known(frame)
      stream?.receive(bare(frame, 0), frame.payload.length, hasFlag(frame, FLAG.endStream), '')
    },
    [FRAME.headers](frame) {
      if (frame.id % 2 === 0) throw broken('no stream of a client has this number')
      const part = bare(frame, hasFlag(frame, FLAG.priority) ? 5 : 0)
      block = { id: frame.id, isLast: hasFlag(frame, FLAG.endStream), parts: [part], length: part.length }
      if (hasFlag(frame, FLAG.endHeaders)) takeBlock(block)
    },
    [FRAME.continuation](frame) {
      if (!block) throw broken('something goes on that did not begin')
      block.length += frame.payload.length
      if (block.parts.push(frame.payload) > MOST_PARTS || block.length > MOST_HEAD_BYTES)
        throw new ConnectionError(ERROR.calm, 'a head is too long')
      if (hasFlag(frame, FLAG.endHeaders)) takeBlock(block)
    },
    [FRAME.reset](frame) {
      if (frame.payload.length !== 4) throw wrongSize()
      const stream = known(frame)
      if (stream) line.over(stream)
    },
    [FRAME.settings]({ id, flags, payload }) {
      hasSettings = true
      if (id !== 0) throw broken('settings are of no stream')
      if ((flags & FLAG.ack) !== 0 && payload.length > 0) throw wrongSize()
      if ((flags & FLAG.ack) !== 0) return fieldsReader.keepNothing()
      const window = readWindow(payload)
      output.frame(FRAME.settings, FLAG.ack, 0, NOTHING)
      if (window === null) return
      line.widenAll(streams.values(), window)
    },
    [FRAME.ping]({ id, flags, payload }) {
      if (id !== 0) throw broken('a ping is of no stream')
      if (payload.length !== 8) throw wrongSize()
      if ((flags & FLAG.ack) === 0) return output.frame(FRAME.ping, FLAG.ack, 0, payload)
      if (!isLeaving || hasHeard) return
      hasHeard = true
      timer = setTimeout(setFree, patienceMs).unref()
      settle()
    },
    [FRAME.window](frame) {
      if (frame.payload.length !== 4) throw wrongSize()
      const bytes = frame.payload.readUInt32BE() & MOST_ID
      const stream = frame.id === 0 ? undefined : known(frame)
      if (bytes === 0)
        throw frame.id === 0 ? broken('nothing is allowed') : new StreamError(ERROR.protocol, 'nothing is allowed')
      if (frame.id === 0) return line.widen(bytes)
      if (!stream) return
      stream.widen(bytes)
      line.pumpOne(stream)
    },
    [FRAME.priority]({ payload }) {
      if (payload.length !== 5) throw wrongSize()
    },
    [FRAME.push]() {
      throw broken('a client promises nothing')
    },
  }

  /** `undefined`: it is over, and the other side may not know that yet. */
  function known({ id }: Frame): Stream | undefined {
    if (id === 0 || id > latest) throw broken('a stream is spoken of that never began')
    return streams.get(id)
  }

  function takeBlock({ id, isLast, parts }: Block): void {
    block = null
    const [first = NOTHING] = parts
    const fields = fieldsReader.read(parts.length === 1 ? first : Buffer.concat(parts))
    if (id > latest) {
      latest = id
      open(id, fields, isLast)
      return
    }
    const stream = streams.get(id)
    if (!stream) return
    if (!isLast) throw new StreamError(ERROR.protocol, 'a head comes in the middle')
    stream.receive(NOTHING, 0, true, readTrailers(fields))
  }

  function open(id: number, fields: Field[], isWhole: boolean): void {
    if (streams.size >= MOST_STREAMS) throw new StreamError(ERROR.refused, 'there are too many streams')
    const asked = readAsked(fields)
    const stream = new Stream(line, id, { method: asked.method, length: asked.length, isWhole })
    streams.set(id, stream)
    if (asked.protocol !== null) stream.openTunnel()
    else if (asked.isExpecting && !isWhole) output.head(id, 100, '', false)
    forward(questionOf(asked, isWhole ? null : stream), stream)
  }

  function allowMore(bytes: number): void {
    taken += bytes
    if (taken > ALL_WINDOW_BYTES) throw new ConnectionError(ERROR.flowControl, 'more comes than was allowed')
    if (taken < ALL_WINDOW_BYTES / 2) return
    output.numbers(FRAME.window, 0, taken)
    taken = 0
  }

  /** No stream comes any more from when the other side has answered. */
  function leave(): void {
    if (isLeaving || isClosed) return
    isLeaving = true
    output.numbers(FRAME.goAway, 0, MOST_ID, ERROR.none)
    output.frame(FRAME.ping, 0, 0, Buffer.alloc(8))
  }
  function settle(): void {
    if (!hasHeard || isClosed) return
    if (streams.size === 0) close(ERROR.none)
    else if (streams.size === held.size) setFree()
  }
  function setFree(): void {
    line.isShared = false
    line.pump()
  }
  function close(code: number): void {
    output.numbers(FRAME.goAway, 0, latest, code)
    output.flush()
    // What comes is still taken, and the other side closes when it has read all: who closes before that, takes back what is
    // under way.
    socket.off('data', read).resume().end()
    over()
    if (code !== ERROR.none) timer = setTimeout(() => socket.destroy(), LINGER_MS).unref()
  }
  function over(): void {
    isClosed = true
    clearTimeout(timer)
    for (const stream of streams.values()) line.over(stream)
  }

  const reader = createFrameReader(take)
  const read = (bytes: Buffer) => {
    try {
      reader.read(bytes)
    } catch (error) {
      close(codeOf(error))
    }
  }
  socket.on('data', read)
  // Who says nothing more does not listen either.
  socket.on('end', () => socket.destroy())
  socket.on('close', over)
  output.frame(FRAME.settings, 0, 0, writeSettings(SETTINGS))
  output.numbers(FRAME.window, 0, ALL_WINDOW_BYTES - FIRST_WINDOW)

  return { leave }
}

const hasFlag = ({ flags }: Frame, flag: number): boolean => (flags & flag) !== 0

/** Without padding, and without what stands before it. */
function bare(frame: Frame, before: number): Buffer {
  const { payload } = frame
  if (!hasFlag(frame, FLAG.padded)) return bareOf(payload, before, payload.length)
  return bareOf(payload, 1 + before, payload.length - (payload[0] ?? 0))
}
function bareOf(payload: Buffer, from: number, to: number): Buffer {
  if (from > to) throw broken('a frame is longer than it is')
  return from === 0 && to === payload.length ? payload : payload.subarray(from, to)
}

function codeOf(error: unknown): number {
  if (error instanceof ConnectionError) return error.code
  return error instanceof HpackError ? ERROR.compression : ERROR.internal
}

const broken = (message: string) => new ConnectionError(ERROR.protocol, message)
const wrongSize = () => new ConnectionError(ERROR.frameSize, 'a frame has no such length')
