import type { Duplex, Readable } from 'node:stream'
import type { TLSSocket } from 'node:tls'

/** What hears the front by one protocol. */
export interface FrontSide {
  accept(socket: TLSSocket): void
  /** What runs goes on, and its connections are closed behind it. */
  leave(): void
}

/** Name, value, name, value: as they came, and in their order. */
export type RawHeaders = string[]

/** What is asked of an app, whatever protocol it came by. */
export interface Question {
  method: string
  /** With the query. */
  path: string
  host: string
  /** Those that go on to the next server. */
  headers: RawHeaders
  /** `null`: there is none. */
  body: Readable | null
  /** Known before the body comes; `null`: not known. */
  bodyLength: string | null
  /** Of a body that has ended. */
  trailers(): RawHeaders
  /** Of a body that has ended: nobody cut it off. */
  isWhole(): boolean
  /** The protocol that the connection is to go on with, such as websocket. */
  upgrade: string | null
}

/** How it is answered, whatever protocol that goes by. */
export interface Reply {
  /** Throws where it has something that no header may have. `trailers`: some may come at the end. */
  head(status: number, text: string, headers: RawHeaders, options?: { trailers: boolean }): void
  /** False: no more until `drained`. */
  write(chunk: Buffer): boolean
  drained(resume: () => void): void
  end(chunk: Buffer | null, trailers: RawHeaders): void
  /** The connection is the app's from now on, for whatever both of them speak. */
  hand(headers: RawHeaders, app: Duplex): void
  /** It broke off: what has come must not look whole. */
  breakOff(): void
  /** Who asked went away before all was said. */
  onGone(tell: () => void): void
  /** All was said, or it broke off; of a connection that was handed over, when that is closed. */
  onOver(tell: () => void): void
  readonly hasBegun: boolean
}
