import { Duplex } from 'node:stream'
import type { Body, Reply } from '../exchange.ts'
import type { Lines } from '../head.ts'

/** A stream that is to become a connection of its own: RFC 8441. */
export interface Tunnel {
  /** What the client hears of an app's answer. */
  answerOf(lines: Lines): Lines
  begin(): Duplex
}

const TOLD = /^sec-websocket-(protocol|extensions)$/i

/** What comes before the app has agreed is kept for it. */
export function createTunnel(stream: Body & Reply): Tunnel {
  const duplex = new Duplex({
    read: () => stream.resume(),
    write(chunk: Buffer, _, done) {
      if (stream.write(chunk)) done()
      else stream.drained(done)
    },
    final(done) {
      stream.end(null, '')
      done()
    },
    destroy(error, done) {
      stream.breakOff()
      done(error)
    },
  })
  stream.to({
    data: (chunk) => void (duplex.push(chunk) || stream.pause()),
    end: () => void duplex.push(null),
  })
  return {
    answerOf: (lines) =>
      lines
        .split('\r\n')
        .filter((line) => TOLD.test(line.split(':')[0] ?? ''))
        .map((line) => `${line}\r\n`)
        .join(''),
    begin() {
      stream.onGone(() => void duplex.destroy())
      return duplex
    },
  }
}
