import type { Duplex } from 'node:stream'
import type { TLSSocket } from 'node:tls'
import type { Lines } from './head.ts'

/** What hears the front by one protocol. */
export interface FrontSide {
  accept(socket: TLSSocket): void
  /** What runs goes on, and its connections are closed behind it. */
  leave(): void
}

/** One of its connections. */
export interface FrontConnection {
  /** Takes no more requests, and closes behind what runs. */
  leave(): void
}

/** What is asked of an app, whatever protocol it came by. */
export interface Question {
  method: string
  /** With the query. */
  path: string
  host: string
  /** What the client asked the front for, where that differs from what the app is shown. */
  forwardedHost: string | null
  forwardedPrefix: string | null
  /** Those that go on to the next server, with Host. */
  lines: Lines
  /** `null`: there is none. */
  body: Body | null
  /** Known before the body comes; `null`: not known. */
  bodyLength: string | null
  /** The protocol that the connection is to go on with, such as websocket. */
  upgrade: string | null
}

/** Comes from whoever asks. */
export interface Body {
  /** From here on it comes. What nobody takes any more is let go by. */
  to(sink: QuestionSink | null): void
  pause(): void
  resume(): void
}

export interface QuestionSink {
  data(chunk: Buffer): void
  /** All of it came. Of what was cut off this is never said. */
  end(trailers: Lines): void
}

/** How it is answered, whatever protocol that goes by. */
export interface Reply {
  /** `length`: of the body; `null`: not known. */
  head(status: number, text: string, lines: Lines, body: { length: string | null }): void
  /** False: no more until `drained`. The bytes are the caller's again afterwards, as those of `end`. */
  write(chunk: Buffer): boolean
  drained(resume: () => void): void
  /** Nothing follows soon: what was said is to go out. */
  flush(): void
  end(chunk: Buffer | null, trailers: Lines): void
  /** The connection is the app's from now on, for whatever both of them speak. */
  hand(lines: Lines, app: Duplex): void
  /** It broke off: what has come must not look whole. */
  breakOff(): void
  /** Who asked went away before all was said. Who is told last is told alone. */
  onGone(tell: () => void): void
  /** All was said, or it broke off; of a connection that was handed over, when that is closed. */
  onOver(tell: () => void): void
  /** No getter: where each request makes an object, one would cost more than all the rest of it. */
  hasBegun(): boolean
}
