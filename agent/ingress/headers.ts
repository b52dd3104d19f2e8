import type { RawHeaders } from './exchange.ts'

/** RFC 9110 7.6.1: of one connection, and not for the next one. How a body is framed is said anew. */
const HOP_BY_HOP = new Set([
  'connection',
  'keep-alive',
  'proxy-connection',
  'te',
  'transfer-encoding',
  'upgrade',
  'http2-settings',
  'expect',
])

/** Without what is of the connection, and what its Connection header names besides. */
export function endToEnd(raw: RawHeaders): RawHeaders {
  const named = namedInConnection(raw)
  const kept: RawHeaders = []
  for (let i = 0; i + 1 < raw.length; i += 2) {
    const name = raw[i] as string
    const lower = name.toLowerCase()
    if (lower.startsWith(':') || HOP_BY_HOP.has(lower) || named?.has(lower)) continue
    kept.push(name, raw[i + 1] as string)
  }
  return kept
}

/** What a message says before its body, and no trailer may say anew. */
const NO_TRAILER = new Set(['content-length', 'host', 'trailer'])

/** What goes on of the trailers of a body. */
export function endToEndTrailers(raw: RawHeaders): RawHeaders {
  const kept = endToEnd(raw)
  return kept.filter((_, i) => !NO_TRAILER.has((kept[i - (i % 2)] as string).toLowerCase()))
}

export function headerOf(raw: RawHeaders, wanted: string): string | undefined {
  for (let i = 0; i + 1 < raw.length; i += 2) if (raw[i]?.toLowerCase() === wanted) return raw[i + 1]
  return undefined
}

/** As HTTP/2 of Node wants them: of several with one name a list. */
export function grouped(raw: RawHeaders): Record<string, string | string[]> {
  const all: Record<string, string | string[]> = {}
  for (let i = 0; i + 1 < raw.length; i += 2) {
    const name = (raw[i] as string).toLowerCase()
    const before = all[name]
    all[name] = before === undefined ? (raw[i + 1] as string) : [before, raw[i + 1] as string].flat()
  }
  return all
}

export const flat = (headers: Record<string, string | string[] | undefined>): RawHeaders =>
  Object.entries(headers).flatMap(([name, value = []]) => [value].flat().flatMap((each) => [name, each]))

function namedInConnection(raw: RawHeaders): Set<string> | null {
  const value = headerOf(raw, 'connection')?.toLowerCase()
  if (value === undefined || value === 'close' || value === 'keep-alive' || value === 'upgrade') return null
  return new Set(value.split(',').map((name) => name.trim()))
}
