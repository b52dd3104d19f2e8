import { ConnectionError, ERROR, FRAME_BYTES, MOST_WINDOW, SETTING } from './frames.ts'

const ENTRY_BYTES = 6

export function writeSettings(settings: Record<number, number>): Buffer {
  const entries = Object.entries(settings)
  const bytes = Buffer.alloc(entries.length * ENTRY_BYTES)
  for (const [i, [name, value]] of entries.entries()) {
    bytes.writeUInt16BE(Number(name), i * ENTRY_BYTES)
    bytes.writeUInt32BE(value, i * ENTRY_BYTES + 2)
  }
  return bytes
}

/** How much the other side takes of each stream, where it says that. All else that it may say makes no difference here. */
export function readWindow(bytes: Buffer): number | null {
  if (bytes.length % ENTRY_BYTES !== 0) throw new ConnectionError(ERROR.frameSize, 'settings have no such length')
  let window: number | null = null
  for (let at = 0; at < bytes.length; at += ENTRY_BYTES) {
    const value = bytes.readUInt32BE(at + 2)
    switch (bytes.readUInt16BE(at)) {
      case SETTING.push:
        if (value > 1) throw wrong(ERROR.protocol)
        break
      case SETTING.frameBytes:
        if (value < FRAME_BYTES || value >= 2 ** 24) throw wrong(ERROR.protocol)
        break
      case SETTING.window:
        if (value > MOST_WINDOW) throw wrong(ERROR.flowControl)
        window = value
    }
  }
  return window
}

const wrong = (code: number) => new ConnectionError(code, 'a setting has no such value')
