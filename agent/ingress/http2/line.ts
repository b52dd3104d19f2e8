import type { TLSSocket } from 'node:tls'
import type { Lines } from '../head.ts'
import { ConnectionError, ERROR, FIRST_WINDOW, FLAG, FRAME, FRAME_BYTES, MOST_WINDOW } from './frames.ts'
import { Output } from './output.ts'

/** Who says something on a connection. */
export interface Speaker {
  readonly id: number
  /** How much the other side still takes of it. */
  window: number
  /** How much it has said. */
  said: number
  /** There is room again. */
  pump(): void
  /** Nothing comes of it any more, and nobody listens to it. */
  close(): void
}

interface LineEvents {
  /** Nothing more comes of this one, and nothing is said. */
  left(speaker: Speaker): void
  /** This one has more to say than it may, as long as the line is shared. */
  held(speaker: Speaker): void
}

/**
 * HAProxy keeps that much of an answer that its client does not fetch, whatever else comes on the same connection: a buffer of
 * 16 KiB, less what it needs itself. Anything beyond holds up all that comes after it (seen with 2.6 and 3.2).
 */
const MOST_SHARED_BYTES = 15 * 1024

/** What streams say of one connection, as much and as fast as the other side takes it. */
export class Line {
  /** Nobody may hold up the others. */
  isShared: boolean
  /** How much the other side takes of a stream that begins. */
  streamWindow = FIRST_WINDOW
  readonly output: Output
  /** How much it takes of all of them together. */
  private window = FIRST_WINDOW
  private readonly waiting = new Set<Speaker>()
  private readonly events: LineEvents

  constructor(socket: TLSSocket, isShared: boolean, events: LineEvents) {
    this.output = new Output(socket, () => this.pump())
    this.isShared = isShared
    this.events = events
  }

  /** `null`: it has no status, as trailers. */
  head(speaker: Speaker, status: number | null, lines: Lines, isLast: boolean): void {
    speaker.said += lines.length
    this.output.head(speaker.id, status, lines, isLast)
  }

  /** As much as there is room for: says how much that was. With `isLast` the end of it says that nothing follows. */
  data(speaker: Speaker, chunk: Buffer, isLast: boolean): number {
    let at = 0
    do {
      // An end needs no room, and takes none: windows may be below zero.
      const length = chunk.length === 0 ? 0 : Math.min(chunk.length - at, FRAME_BYTES, this.roomFor(speaker))
      if (chunk.length > 0 && length <= 0) break
      const ends = isLast && at + length === chunk.length
      this.output.frame(FRAME.data, ends ? FLAG.endStream : 0, speaker.id, chunk.subarray(at, at + length))
      this.window -= length
      speaker.window -= length
      speaker.said += length
      at += length
    } while (at < chunk.length)
    return at
  }

  private roomFor(speaker: Speaker): number {
    // First of all, since it may let others speak.
    if (!this.fits(speaker, 1)) return 0
    if (this.output.isFull) return 0
    const room = Math.min(this.window, speaker.window)
    return this.isShared ? Math.min(room, MOST_SHARED_BYTES - speaker.said) : room
  }

  /** Whether it may say so much more. */
  fits(speaker: Speaker, bytes: number): boolean {
    if (this.isShared && speaker.said + bytes > MOST_SHARED_BYTES) this.events.held(speaker)
    return !this.isShared || speaker.said + bytes <= MOST_SHARED_BYTES
  }

  hasRoom(): boolean {
    return !this.output.isFull
  }

  /** Is pumped as soon as there is room. */
  waits(speaker: Speaker): void {
    this.waiting.add(speaker)
  }

  /** So much more may come. */
  allow({ id }: Speaker, bytes: number): void {
    this.output.numbers(FRAME.window, id, bytes)
  }

  reset(speaker: Speaker, code: number): void {
    this.output.numbers(FRAME.reset, speaker.id, code)
    this.over(speaker)
  }

  over(speaker: Speaker): void {
    this.waiting.delete(speaker)
    this.events.left(speaker)
    speaker.close()
  }

  /** The other side takes so much more of all streams together. */
  widen(bytes: number): void {
    this.window += bytes
    if (this.window > MOST_WINDOW) throw tooWide()
    this.pump()
  }

  /** The other side takes so much of each stream from now on, those too that have begun. */
  widenAll(speakers: Iterable<Speaker>, window: number): void {
    for (const speaker of speakers) {
      speaker.window += window - this.streamWindow
      if (speaker.window > MOST_WINDOW) throw tooWide()
    }
    this.streamWindow = window
    this.pump()
  }

  pumpOne(speaker: Speaker): void {
    if (this.waiting.delete(speaker)) speaker.pump()
  }

  /** Each that waits says what there is room for. */
  pump(): void {
    const those = [...this.waiting]
    this.waiting.clear()
    for (const speaker of those) speaker.pump()
  }
}

const tooWide = () => new ConnectionError(ERROR.flowControl, 'a window is too large')
