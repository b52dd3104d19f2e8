/** Headers as HTTP/1.1 writes them: a name, a colon, a value and a line break each. They hold bytes, as latin1. */
export type Lines = string

export const NOTHING = Buffer.alloc(0)

/** Somebody speaks no HTTP/1.1, or could be understood in two ways. */
export class Broken extends Error {}

/** What a message says before its body. What is not said is `null`. */
export interface Head {
  /** For the next server, in their order: without what is of this connection. */
  lines: Lines
  host: string | null
  /** In lower case. */
  connection: string | null
  upgrade: string | null
  expect: string | null
  length: string | null
  coding: string | null
  forwardedHost: string | null
  forwardedPrefix: string | null
}

/** RFC 9112 5: no line goes on the one before, nothing stands between a name and its colon, no line break stands alone. */
const LINES = /^(?:[!#$%&'*+.^_`|~0-9A-Za-z-]+:[\t\x20-\x7e\x80-\xff]*\r\n)*$/

type Noted = Exclude<keyof Head, 'lines'>

/** Of which the value matters here. */
const NOTED = new Map<string, Noted>([
  ['host', 'host'],
  ['connection', 'connection'],
  ['upgrade', 'upgrade'],
  ['expect', 'expect'],
  ['content-length', 'length'],
  ['transfer-encoding', 'coding'],
  ['x-forwarded-host', 'forwardedHost'],
  ['x-forwarded-prefix', 'forwardedPrefix'],
])

/** RFC 9110 7.6.1: of one connection, and not for the next one. How a body is framed is said anew. */
export const HOP_BY_HOP = new Set([
  'connection',
  'keep-alive',
  'proxy-connection',
  'te',
  'transfer-encoding',
  'upgrade',
  'http2-settings',
  'expect',
])

/** What a message says about its body, and no trailer may say anew. */
const NO_TRAILER = new Set([...HOP_BY_HOP, 'content-length', 'host', 'trailer'])

/** Both at once: most of the time goes into looking for names. */
const LOOKED_AT = new Map(
  [...NOTED.keys(), ...HOP_BY_HOP].map((name) => [name, { noted: NOTED.get(name), isKept: !HOP_BY_HOP.has(name) }]),
)

/** Of most headers the length of the name and its first letter say that nothing has to be done about them. */
const isLookedAt: boolean[] = []
for (const name of LOOKED_AT.keys()) isLookedAt[shapeOf(name.length, name.charCodeAt(0))] = true

/** All of a head behind its first line. */
export function readHead(text: Lines): Head {
  if (!LINES.test(text)) throw new Broken('a header is none')
  const head: Head = {
    lines: text,
    host: null,
    connection: null,
    upgrade: null,
    expect: null,
    length: null,
    coding: null,
    forwardedHost: null,
    forwardedPrefix: null,
  }
  let kept = ''
  let keptTo = 0
  for (let at = 0, end = 0; at < text.length; at = end) {
    end = text.indexOf('\n', at) + 1
    const colon = text.indexOf(':', at)
    if (!isLookedAt[shapeOf(colon - at, text.charCodeAt(at))]) continue
    const found = LOOKED_AT.get(text.slice(at, colon).toLowerCase())
    if (found?.noted) note(head, found.noted, bareValue(text, colon, end - 2))
    if (!found || found.isKept) continue
    kept += text.slice(keptTo, at)
    keptTo = end
  }
  head.lines = keptTo === 0 ? text : kept + text.slice(keptTo)
  if (head.connection !== null) head.lines = withoutNamed(head.lines, head.connection)
  return head
}

/** No head has them, however it goes on: whoever sends them is not waited for. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
const NEVER = /(?:^|[^\r])\n|[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]/

export const MOST_HEAD_BYTES = 64 * 1024
const END_OF_HEAD = '\r\n\r\n'

interface WholeHead {
  first: string
  /** Behind the first line. */
  lines: Lines
  length: number
  rest: Buffer
}

/** `null`: it has not come to its end. */
export function takeHead(bytes: Buffer): WholeHead | null {
  const length = bytes.indexOf(END_OF_HEAD)
  if (length < 0) {
    if (bytes.length > MOST_HEAD_BYTES) throw new Broken('its head is too long')
    if (NEVER.test(bytes.toString('latin1'))) throw new Broken('it has what no head has')
    return null
  }
  const text = bytes.toString('latin1', 0, length + 2)
  const endOfFirst = text.indexOf('\r\n')
  const end = length + END_OF_HEAD.length
  return {
    first: text.slice(0, endOfFirst),
    lines: text.slice(endOfFirst + 2),
    length,
    rest: end === bytes.length ? NOTHING : bytes.subarray(end),
  }
}

export function readTrailers(text: Lines): Lines {
  if (!LINES.test(text)) throw new Broken('a trailer is none')
  return onlyTrailers(text)
}

/** What goes on of them. */
export const onlyTrailers = (lines: Lines): Lines => keep(lines, (name) => !NO_TRAILER.has(name))

/** How the body is framed: `null` where nothing says it. RFC 9112 6.3, and nothing that two readers could read in two ways. */
export function framingOf({ length, coding }: Head): number | 'chunked' | null {
  if (length !== null && coding !== null) throw new Broken('it says twice how long it is')
  if (length !== null && !/^\d{1,15}$/.test(length)) throw new Broken('its length is no number')
  if (coding !== null && coding.toLowerCase() !== 'chunked') throw new Broken('its coding is not known')
  return coding !== null ? 'chunked' : length !== null ? Number(length) : null
}

/** Whether a list of words, in lower case, has this one. */
export const hasWord = (list: string | null, word: string): boolean =>
  list !== null && (list === word || (list.includes(word) && list.split(',').some((each) => each.trim() === word)))

/** The others are lists, which may be written in several lines. */
const ONCE = new Set<Noted>(['host', 'length', 'coding'])

function note(head: Head, noted: Noted, value: string): void {
  const before = head[noted]
  if (noted === 'connection') head.connection = (before === null ? '' : `${before},`) + value.toLowerCase()
  else if (before === null) head[noted] = value
  else if (ONCE.has(noted)) throw new Broken(`${noted} is said twice`)
  else if (!noted.startsWith('forwarded')) head[noted] = `${before}, ${value}`
}

/** Space in HTTP is less than what JavaScript takes for it. */
export function bareValue(text: Lines, colon: number, end: number): string {
  let [from, to] = [colon + 1, end]
  while (from < to && isSpace(text.charCodeAt(from))) from++
  while (from < to && isSpace(text.charCodeAt(to - 1))) to--
  return text.slice(from, to)
}

const isSpace = (code: number): boolean => code === 0x20 || code === 0x09

const ORDINARY = new Set(['close', 'keep-alive', 'upgrade'])

/** What Connection names goes as well; but nobody takes out what says where a message ends and who sent it. */
function withoutNamed(lines: Lines, connection: string): Lines {
  if (ORDINARY.has(connection)) return lines
  const named = new Set(connection.split(',').map((name) => name.trim()))
  const isOfAll = (name: string) => name === 'host' || name === 'content-length' || /^(x-)?forwarded/.test(name)
  return keep(lines, (name) => !named.has(name) || isOfAll(name))
}

function keep(lines: Lines, isKept: (name: string) => boolean): Lines {
  let kept = ''
  for (let at = 0, end = 0; at < lines.length; at = end) {
    end = lines.indexOf('\n', at) + 1
    if (isKept(lines.slice(at, lines.indexOf(':', at)).toLowerCase())) kept += lines.slice(at, end)
  }
  return kept
}

/** The same for a letter of either case. */
function shapeOf(length: number, letter: number): number {
  return length * 32 + (letter & 31)
}
