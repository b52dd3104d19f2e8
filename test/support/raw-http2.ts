import { once } from 'node:events'
import { type ConnectionOptions, connect } from 'node:tls'
import { onTestFinished } from 'vitest'

/** What a peer may say that no library would. */
export const PREFACE = Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n')

export function frame(type: number, flags: number, id: number, payload: Uint8Array | string = ''): Buffer {
  const bytes = Buffer.from(payload)
  const head = Buffer.alloc(9)
  head.writeUIntBE(bytes.length, 0, 3)
  head[3] = type
  head[4] = flags
  head.writeUInt32BE(id, 5)
  return Buffer.concat([head, bytes])
}

export const numbers = (...all: number[]): Buffer =>
  Buffer.concat(all.map((each) => Buffer.from([each >>> 24, each >>> 16, each >>> 8, each])))

/** A block of headers in the plainest spelling there is. */
export function block(fields: Record<string, string> | [string, string][]): Buffer {
  const all = Array.isArray(fields) ? fields : Object.entries(fields)
  return Buffer.concat(all.flatMap((field) => [Buffer.from([0]), ...field.map(text)]))
}

function text(value: string): Buffer {
  const bytes = Buffer.from(value, 'latin1')
  if (bytes.length < 127) return Buffer.concat([Buffer.from([bytes.length]), bytes])
  const length = [127]
  let left = bytes.length - 127
  for (; left >= 128; left >>>= 7) length.push((left & 127) | 128)
  return Buffer.concat([Buffer.from([...length, left]), bytes])
}

export interface HeardFrame {
  type: number
  flags: number
  id: number
  payload: Buffer
}

/** A connection that says these bytes. */
export function openRawHttp2(options: ConnectionOptions) {
  const socket = connect({ ...options, ALPNProtocols: ['h2'] }).on('error', () => {})
  onTestFinished(() => void socket.destroy())
  const heard: HeardFrame[] = []
  const wake = new Set<() => void>()
  let held = Buffer.alloc(0)
  socket.on('data', (bytes) => {
    held = Buffer.concat([held, bytes])
    while (held.length >= 9 && held.length >= 9 + held.readUIntBE(0, 3)) {
      const end = 9 + held.readUIntBE(0, 3)
      heard.push({ type: held[3] ?? 0, flags: held[4] ?? 0, id: held.readUInt32BE(5), payload: held.subarray(9, end) })
      held = held.subarray(end)
    }
    for (const each of wake) each()
  })
  const closed = once(socket, 'close')
  return {
    socket,
    heard,
    closed,
    say: (...frames: Uint8Array[]) => void socket.write(Buffer.concat(frames)),
    /** The first that is such, now or later; `null`: the connection closed before. */
    hears: (isIt: (frame: HeardFrame) => boolean) =>
      new Promise<HeardFrame | null>((resolve) => {
        const look = () => {
          const found = heard.find(isIt)
          if (!found && !socket.closed) return
          wake.delete(look)
          resolve(found ?? null)
        }
        wake.add(look)
        socket.once('close', look)
        look()
      }),
  }
}
