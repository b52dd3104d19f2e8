import type { Duplex } from 'node:stream'
import type { Body, QuestionSink, Reply } from '../exchange.ts'
import { type Lines, NOTHING } from '../head.ts'
import { join } from '../join.ts'
import { ERROR, MOST_WINDOW, StreamError } from './frames.ts'
import type { Line, Speaker } from './line.ts'
import { createTunnel, type Tunnel } from './tunnel.ts'

/** How much may be under way that nobody has taken: enough for uploads over long ways. */
export const WINDOW_BYTES = 1024 * 1024

interface StreamOptions {
  method: string
  length: string | null
  /** No body comes. */
  isWhole: boolean
}

/**
 * One request and its answer: the body of the one, and what the other is said by. One object is both, since one is made for
 * each request.
 */
export class Stream implements Body, Reply, Speaker {
  readonly id: number
  window: number
  said = 0
  private readonly line: Line

  private sink: QuestionSink | null = null
  private isPaused = false
  private hasAllCome: boolean
  /** Of the body, where its length was said. */
  private left: number | null
  /** What came and was not allowed anew yet. */
  private taken = 0

  private readonly hasBody: boolean
  private stage: 'nothing' | 'head' | 'part' | 'all' = 'nothing'
  private status = 0
  private lines: Lines = ''
  private queue: Buffer[] = []
  private isEnding = false
  private trailers: Lines = ''
  private resumes: (() => void) | null = null
  private gone: (() => void) | null = null
  private told: (() => void) | null = null
  private isOver = false
  private tunnel: Tunnel | null = null
  private isHanded = false

  constructor(line: Line, id: number, { method, length, isWhole }: StreamOptions) {
    this.line = line
    this.id = id
    this.window = line.streamWindow
    this.hasBody = method !== 'HEAD'
    this.hasAllCome = isWhole
    this.left = length === null ? null : Number(length)
    if (isWhole && this.left) throw new StreamError(ERROR.protocol, 'a body is shorter than it says')
  }

  /** It is one of another protocol, if the app agrees. */
  openTunnel(): void {
    this.tunnel = createTunnel(this)
    if (this.hasAllCome) this.sink?.end('')
  }

  // What comes.

  receive(chunk: Buffer, bytes: number, isLast: boolean, trailers: Lines): void {
    if (this.hasAllCome) throw new StreamError(ERROR.streamClosed, 'something comes behind the end')
    this.taken += bytes
    if (this.taken > WINDOW_BYTES) throw new StreamError(ERROR.flowControl, 'more comes than was allowed')
    if (this.left !== null) this.left -= chunk.length
    if (this.left !== null && (this.left < 0 || (isLast && this.left > 0)))
      throw new StreamError(ERROR.protocol, 'a body is not as long as it says')
    if (chunk.length > 0) this.sink?.data(chunk)
    if (!isLast) {
      this.allow()
      return
    }
    this.hasAllCome = true
    this.sink?.end(trailers)
    this.finish()
  }

  to(sink: QuestionSink | null): void {
    this.sink = sink
  }
  pause(): void {
    this.isPaused = true
  }
  resume(): void {
    this.isPaused = false
    this.allow()
  }
  private allow(): void {
    if (this.isPaused || this.hasAllCome || this.isOver || this.taken < WINDOW_BYTES / 2) return
    this.line.allow(this, this.taken)
    this.taken = 0
  }

  // What is said.

  head(status: number, _: string, lines: Lines): void {
    this.stage = 'head'
    // To who asks for a tunnel, any 2xx would say that it is open.
    this.status = this.tunnel && !this.isHanded && status < 300 ? 502 : status
    this.lines = lines
  }
  write(chunk: Buffer): boolean {
    if (this.isOver || !this.hasBody) return true
    if (this.sayHead(false)) this.put(chunk)
    else this.queue.push(Buffer.from(chunk))
    if (this.queue.length === 0 && this.line.hasRoom()) return true
    this.line.waits(this)
    return false
  }
  drained(resume: () => void): void {
    this.resumes = resume
  }
  flush(): void {
    if (!this.isOver) this.sayHead(false)
  }
  end(chunk: Buffer | null, trailers: Lines): void {
    if (this.isOver || this.isEnding) return
    this.isEnding = true
    if (!this.isHanded) this.gone = null
    this.trailers = trailers
    const last = this.hasBody && chunk !== null && chunk.length > 0 ? chunk : null
    const isSaid = this.sayHead(last === null && trailers === '')
    if (last && isSaid) this.put(last)
    else if (last) this.queue.push(Buffer.from(last))
    this.pump()
  }
  hand(lines: Lines, app: Duplex): void {
    if (this.isOver || !this.tunnel) return void app.destroy()
    this.isHanded = true
    this.head(200, '', this.tunnel.answerOf(lines))
    this.flush()
    join(this.tunnel.begin(), app)
  }
  breakOff(): void {
    if (!this.isOver) this.line.reset(this, ERROR.internal)
  }
  onGone(tell: () => void): void {
    this.gone = tell
  }
  onOver(tell: () => void): void {
    this.told = tell
  }
  hasBegun(): boolean {
    return this.stage !== 'nothing'
  }

  /** Says what there is room for. */
  pump(): void {
    if (this.isOver || !this.sayHead(this.isEnding && this.queue.length === 0 && this.trailers === '')) return
    while (this.queue[0]) {
      const [chunk] = this.queue
      const taken = this.sayPart(chunk, this.queue.length === 1)
      if (taken < chunk.length) {
        this.queue[0] = chunk.subarray(taken)
        this.line.waits(this)
        return
      }
      this.queue.shift()
    }
    if (this.isEnding) this.sayEnd()
    else if (this.line.hasRoom()) this.resumeNow()
    else this.line.waits(this)
  }

  /** The other side takes so much more. */
  widen(bytes: number): void {
    this.window += bytes
    if (this.window > MOST_WINDOW) throw new StreamError(ERROR.flowControl, 'a window is too large')
  }

  /** It ended before all was said, or with it. */
  close(): void {
    if (this.isOver) return
    this.isOver = true
    this.queue = []
    this.gone?.()
    this.tellOver()
  }

  /** Whether it is said by now. */
  private sayHead(isLast: boolean): boolean {
    if (this.stage !== 'head') return true
    if (!this.line.fits(this, this.lines.length)) {
      this.line.waits(this)
      return false
    }
    this.stage = 'part'
    this.line.head(this, this.status, this.lines, isLast)
    if (isLast) this.allSaid()
    return true
  }
  /** Says it, or keeps what there is no room for. */
  private put(chunk: Buffer): void {
    const taken = this.queue.length > 0 ? 0 : this.sayPart(chunk, true)
    if (taken < chunk.length) this.queue.push(Buffer.from(chunk.subarray(taken)))
  }
  private sayPart(chunk: Buffer, isLastChunk: boolean): number {
    const isLast = isLastChunk && this.isEnding && this.trailers === ''
    const taken = this.line.data(this, chunk, isLast)
    if (isLast && taken === chunk.length) this.allSaid()
    return taken
  }
  private sayEnd(): void {
    if (this.stage === 'all') return
    if (this.trailers === '') this.sayPart(NOTHING, true)
    else if (this.line.fits(this, this.trailers.length)) this.sayTrailers()
    else this.line.waits(this)
  }
  private sayTrailers(): void {
    this.line.head(this, null, this.trailers, true)
    this.allSaid()
  }
  private allSaid(): void {
    this.stage = 'all'
    if (!this.isHanded) this.tellOver()
    this.finish()
  }
  private finish(): void {
    if (this.hasAllCome && this.stage === 'all') this.line.over(this)
  }
  private resumeNow(): void {
    const resume = this.resumes
    this.resumes = null
    resume?.()
  }
  private tellOver(): void {
    const tell = this.told
    this.told = null
    tell?.()
  }
}
