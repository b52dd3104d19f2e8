import { NOTHING } from '../head.ts'
import { ConnectionError, ERROR, FRAME_BYTES, HEAD_BYTES, MOST_ID } from './frames.ts'

export interface Frame {
  type: number
  flags: number
  id: number
  payload: Buffer
}

/** Takes a connection of HTTP/2 apart. */
export interface FrameReader {
  /** Throws where it is broken, and is of no use from then on. */
  read(bytes: Buffer): void
}

const PREFACE = Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n')

export function createFrameReader(take: (frame: Frame) => void): FrameReader {
  let hasGreeted = false
  let held: Buffer | null = null

  /** How long its beginning is that was understood. */
  function step(bytes: Buffer, at: number): number {
    if (!hasGreeted) {
      const said = bytes.subarray(0, PREFACE.length)
      if (!said.equals(PREFACE.subarray(0, said.length))) throw new ConnectionError(ERROR.protocol, 'it is no HTTP/2')
      hasGreeted = said.length === PREFACE.length
      return hasGreeted ? said.length : 0
    }
    if (bytes.length < at + HEAD_BYTES) return 0
    const length = bytes.readUIntBE(at, 3)
    if (length > FRAME_BYTES) throw new ConnectionError(ERROR.frameSize, 'a frame is too long')
    const from = at + HEAD_BYTES
    if (bytes.length < from + length) return 0
    take({
      type: bytes.readUInt8(at + 3),
      flags: bytes.readUInt8(at + 4),
      id: bytes.readUInt32BE(at + 5) & MOST_ID,
      payload: length === 0 ? NOTHING : bytes.subarray(from, from + length),
    })
    return HEAD_BYTES + length
  }

  return {
    read(latest) {
      const bytes = held ? Buffer.concat([held, latest]) : latest
      held = null
      let at = 0
      for (let length = -1; length !== 0 && at < bytes.length; at += length) length = step(bytes, at)
      if (at < bytes.length) held = at === 0 ? bytes : bytes.subarray(at)
    },
  }
}
