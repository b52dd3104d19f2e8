import { randomBytes } from 'node:crypto'
import type { Body, Question } from '../exchange.ts'
import type { Asked } from './asked.ts'
import { ERROR, StreamError } from './frames.ts'

/** What apps are asked, as HTTP/1.1 would say it. */
export function questionOf(asked: Asked, body: Body | null): Question {
  const { method, path, host, forwardedHost, forwardedPrefix, lines, length, protocol } = asked
  if (protocol === null)
    return { method, path, host, forwardedHost, forwardedPrefix, lines, body, bodyLength: length, upgrade: null }
  if (protocol !== 'websocket') throw new StreamError(ERROR.protocol, 'this protocol is not known')
  // HTTP/2 has no key of its own for it.
  const key = `sec-websocket-key: ${randomBytes(16).toString('base64')}\r\n`
  const all = lines + key
  return {
    method: 'GET',
    path,
    host,
    forwardedHost,
    forwardedPrefix,
    lines: all,
    body: null,
    bodyLength: null,
    upgrade: protocol,
  }
}
