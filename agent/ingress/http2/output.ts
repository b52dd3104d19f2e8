import type { Writable } from 'node:stream'
import { type Lines, NOTHING } from '../head.ts'
import { FLAG, FRAME, FRAME_BYTES, HEAD_BYTES } from './frames.ts'
import { KEEP_NOTHING, mostBytesOf, writeFields, writeStatus } from './hpack/write-fields.ts'

/** What is longer goes out without waiting for more. */
const MOST_BYTES = 64 * 1024
/** Data stops long before. */
const MOST_WAITING_BYTES = 16 * 1024 * 1024

/** What was written before, and is written over: new memory for each write would cost more than the write. */
const spares: Buffer[] = []
const SPARE_BYTES = MOST_BYTES + 32 * 1024
const MOST_SPARES = 16

/**
 * The frames of all streams of a connection. Those of one turn of the event loop go out in one write, which costs more than
 * all that was done to get there.
 */
export class Output {
  /** There is more under way than the other side takes: no more data until `drained`. */
  isFull = false
  private readonly socket: Writable
  private readonly drained: () => void
  private bytes: Buffer = NOTHING
  private length = 0
  private isPlanned = false
  private hasHead = false

  constructor(socket: Writable, drained: () => void) {
    this.socket = socket
    this.drained = drained
    socket.on('drain', () => this.goOn())
  }

  frame(type: number, flags: number, id: number, payload: Uint8Array): void {
    this.reserve(HEAD_BYTES + payload.length)
    this.bytes.set(payload, this.length + HEAD_BYTES)
    this.close(type, flags, id, payload.length)
  }

  /** A frame of numbers of four bytes each. */
  numbers(type: number, id: number, ...numbers: number[]): void {
    this.reserve(HEAD_BYTES + 4 * numbers.length)
    for (const [i, number] of numbers.entries()) this.bytes.writeUInt32BE(number, this.length + HEAD_BYTES + 4 * i)
    this.close(type, 0, id, 4 * numbers.length)
  }

  /** `null`: it has no status, as trailers. */
  head(id: number, status: number | null, lines: Lines, isLast: boolean): void {
    this.reserve(HEAD_BYTES + mostBytesOf(lines))
    const from = this.length + HEAD_BYTES
    let end = from
    if (!this.hasHead) this.bytes[end++] = KEEP_NOTHING
    this.hasHead = true
    if (status !== null) end = writeStatus(this.bytes, end, status)
    end = writeFields(this.bytes, end, lines)
    const flags = isLast ? FLAG.endStream : 0
    if (end - from <= FRAME_BYTES) this.close(FRAME.headers, flags | FLAG.endHeaders, id, end - from)
    else this.splitHead(id, from, end, flags)
  }

  private splitHead(id: number, from: number, end: number, flags: number): void {
    const block = Buffer.from(this.bytes.subarray(from, end))
    for (let at = 0; at < block.length; at += FRAME_BYTES) {
      const isFirst = at === 0
      const ends = at + FRAME_BYTES >= block.length ? FLAG.endHeaders : 0
      const part = block.subarray(at, at + FRAME_BYTES)
      this.frame(isFirst ? FRAME.headers : FRAME.continuation, (isFirst ? flags : 0) | ends, id, part)
    }
  }

  flush(): void {
    this.isPlanned = false
    const { bytes, length } = this
    this.bytes = NOTHING
    this.length = 0
    if (length === 0 || this.socket.destroyed) return
    const hasRoom = this.socket.write(bytes.subarray(0, length), () => {
      if (bytes.length === SPARE_BYTES && spares.length < MOST_SPARES) spares.push(bytes)
    })
    if (!hasRoom) this.isFull = true
    // Who makes others answer and does not listen.
    if (this.socket.writableLength > MOST_WAITING_BYTES) this.socket.destroy()
  }

  private goOn(): void {
    this.isFull = false
    this.drained()
  }

  private reserve(bytes: number): void {
    const wanted = this.length + bytes
    if (wanted <= this.bytes.length) return
    const isEnough = wanted <= SPARE_BYTES
    const larger = (isEnough && spares.pop()) || Buffer.allocUnsafeSlow(isEnough ? SPARE_BYTES : 2 * wanted)
    larger.set(this.bytes.subarray(0, this.length))
    this.bytes = larger
  }

  private close(type: number, flags: number, id: number, length: number): void {
    const { bytes, length: at } = this
    bytes[at] = length >>> 16
    bytes[at + 1] = length >>> 8
    bytes[at + 2] = length
    bytes[at + 3] = type
    bytes[at + 4] = flags
    bytes[at + 5] = id >>> 24
    bytes[at + 6] = id >>> 16
    bytes[at + 7] = id >>> 8
    bytes[at + 8] = id
    this.length += HEAD_BYTES + length
    if (this.length >= MOST_BYTES) this.flush()
    else if (!this.isPlanned) this.plan()
  }

  private plan(): void {
    this.isPlanned = true
    setImmediate(() => this.flush())
  }
}
