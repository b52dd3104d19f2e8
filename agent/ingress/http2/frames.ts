/** RFC 9113: what a frame is, and what it says about itself. */
export const FRAME = {
  data: 0,
  headers: 1,
  priority: 2,
  reset: 3,
  settings: 4,
  push: 5,
  ping: 6,
  goAway: 7,
  window: 8,
  continuation: 9,
} as const

export const FLAG = { endStream: 0x1, ack: 0x1, endHeaders: 0x4, padded: 0x8, priority: 0x20 } as const

export const ERROR = {
  none: 0,
  protocol: 1,
  internal: 2,
  flowControl: 3,
  streamClosed: 5,
  frameSize: 6,
  refused: 7,
  compression: 9,
  calm: 11,
} as const

export const SETTING = { table: 1, push: 2, streams: 3, window: 4, frameBytes: 5, connectProtocol: 8 } as const

export const HEAD_BYTES = 9
/** Until somebody says otherwise; nobody has to take more. */
export const FRAME_BYTES = 16_384
export const FIRST_WINDOW = 65_535
export const MOST_WINDOW = 2 ** 31 - 1
export const MOST_ID = 2 ** 31 - 1

/** The whole connection is at its end. */
export class ConnectionError extends Error {
  readonly code: number

  constructor(code: number, message: string) {
    super(message)
    this.code = code
  }
}

/** One stream is. */
export class StreamError extends ConnectionError {}
