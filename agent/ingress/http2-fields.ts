import { constants, type Http2Stream } from 'node:http2'
import { bareValue, HOP_BY_HOP, type Lines, onlyTrailers } from './head.ts'

/** Headers as HTTP/2 of Node has them: of several with one name a list. */
export type Fields = Record<string, string | string[] | undefined>

export function fieldsOf(lines: Lines): Fields {
  const fields: Fields = Object.create(null)
  for (let at = 0, end = 0; at < lines.length; at = end + 2) {
    end = lines.indexOf('\r\n', at)
    const colon = lines.indexOf(':', at)
    const name = lines.slice(at, colon).toLowerCase()
    const value = bareValue(lines, colon, end)
    const before = fields[name]
    fields[name] = before === undefined ? value : [before, value].flat()
  }
  return fields
}

/** What goes on of them. */
export function linesOf(fields: Fields): Lines {
  let lines = ''
  for (const name in fields) {
    const value = fields[name]
    if (value === undefined || name.startsWith(':') || HOP_BY_HOP.has(name)) continue
    if (typeof value === 'string') lines += `${name}: ${value}\r\n`
    else for (const each of value) lines += `${name}: ${each}\r\n`
  }
  return lines
}

export const trailersOf = (fields: Fields): Lines => onlyTrailers(linesOf(fields))

/** Ends a stream with these. Where they are such that HTTP/2 has no place for them, it breaks off. */
export function sendTrailers(stream: Http2Stream, trailers: Lines): void {
  try {
    stream.sendTrailers(fieldsOf(trailers))
  } catch {
    stream.close(constants.NGHTTP2_PROTOCOL_ERROR)
  }
}
