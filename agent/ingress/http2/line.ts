import type { TLSSocket } from 'node:tls'
import type { Lines } from '../head.ts'
import { ConnectionError, ERROR, FIRST_WINDOW, FLAG, FRAME, FRAME_BYTES, MOST_WINDOW } from './frames.ts'
import { Output } from './output.ts'
import type { Stream } from './stream.ts'

/** What streams say of one connection, as much and as fast as the other side takes it. */
export class Line {
  /** How much the other side takes of all streams together, and of one that begins. */
  private window = FIRST_WINDOW
  streamWindow = FIRST_WINDOW
  readonly output: Output
  private readonly waiting = new Set<Stream>()
  private readonly left: (stream: Stream) => void

  /** `left`: nothing more comes of a stream, and nothing is said. */
  constructor(socket: TLSSocket, left: (stream: Stream) => void) {
    this.output = new Output(socket, () => this.pump())
    this.left = left
  }

  /** `null`: it has no status, as trailers. */
  head({ id }: Stream, status: number | null, lines: Lines, isLast: boolean): void {
    this.output.head(id, status, lines, isLast)
  }

  /** As much as there is room for: says how much that was. With `isLast` the end of it says that nothing follows. */
  data(stream: Stream, chunk: Buffer, isLast: boolean): number {
    let at = 0
    do {
      const wanted = Math.min(chunk.length - at, FRAME_BYTES)
      const length = Math.min(wanted, this.window, stream.window)
      if (chunk.length > 0 && (length <= 0 || this.output.isFull)) break
      const ends = isLast && at + length === chunk.length
      this.output.frame(FRAME.data, ends ? FLAG.endStream : 0, stream.id, chunk.subarray(at, at + length))
      this.window -= length
      stream.window -= length
      at += length
    } while (at < chunk.length)
    return at
  }

  hasRoom(): boolean {
    return !this.output.isFull
  }

  /** Is pumped as soon as there is room. */
  waits(stream: Stream): void {
    this.waiting.add(stream)
  }

  /** So much more may come. */
  allow({ id }: Stream, bytes: number): void {
    this.output.numbers(FRAME.window, id, bytes)
  }

  reset(stream: Stream, code: number): void {
    this.output.numbers(FRAME.reset, stream.id, code)
    this.over(stream)
  }

  over(stream: Stream): void {
    this.waiting.delete(stream)
    this.left(stream)
    stream.close()
  }

  /** The other side takes so much more of all streams together. */
  widen(bytes: number): void {
    this.window += bytes
    if (this.window > MOST_WINDOW) throw new ConnectionError(ERROR.flowControl, 'a window is too large')
    this.pump()
  }

  /** Each that waits says what there is room for. */
  pump(): void {
    const those = [...this.waiting]
    this.waiting.clear()
    for (const stream of those) stream.pump()
  }
}
