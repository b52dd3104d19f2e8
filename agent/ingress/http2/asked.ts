import { type Lines, onlyTrailers } from '../head.ts'
import { ERROR, StreamError } from './frames.ts'
import type { Field } from './hpack/static-table.ts'

/** What a stream asks for. */
export interface Asked {
  method: string
  path: string
  host: string
  /** That the stream is to go on with: RFC 8441. */
  protocol: string | null
  forwardedHost: string | null
  forwardedPrefix: string | null
  /** Those that go on, with Host. */
  lines: Lines
  length: string | null
  isExpecting: boolean
}

type Own = ':method' | ':scheme' | ':path' | ':authority' | ':protocol'

const OWN = new Set<string>([':method', ':scheme', ':path', ':authority', ':protocol'] satisfies Own[])
/** RFC 9113 8.2.2: HTTP/2 says these in its frames. */
const FORBIDDEN = new Set(['connection', 'keep-alive', 'proxy-connection', 'transfer-encoding', 'upgrade'])
const NOTED = new Set([
  'te',
  'http2-settings',
  'expect',
  'cookie',
  'host',
  'content-length',
  'x-forwarded-host',
  'x-forwarded-prefix',
])

const NAME = /^[!#$%&'*+.^_`|~0-9a-z-]+$/
const METHOD = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/
const NO_VALUE = /[^\t\x20-\x7e\x80-\xff]/

/** Throws where RFC 9113 8.1.1 calls it malformed. */
export function readAsked(fields: Field[]): Asked {
  const own: Partial<Record<Own, string>> = {}
  let i = 0
  for (; i < fields.length; i++) {
    const [name = '', value = ''] = fields[i] ?? []
    if (!isOwn(name)) break
    if (own[name] !== undefined || NO_VALUE.test(value)) throw malformed()
    own[name] = value
  }
  const { ':method': method, ':scheme': scheme, ':path': path, ':authority': authority, ':protocol': protocol } = own
  if (method === undefined || !METHOD.test(method) || !scheme || !path) throw malformed()
  if ((method === 'CONNECT') !== (protocol !== undefined)) throw malformed()

  let host = authority ?? null
  let [lines, cookies] = ['', '']
  const asked: Asked = {
    method,
    path,
    host: '',
    protocol: protocol ?? null,
    forwardedHost: null,
    forwardedPrefix: null,
    lines: '',
    length: null,
    isExpecting: false,
  }
  for (; i < fields.length; i++) {
    const [name = '', value = ''] = fields[i] ?? []
    checkOrdinary(name, value)
    if (!NOTED.has(name)) lines += `${name}: ${value}\r\n`
    else if (name === 'expect') asked.isExpecting = true
    else if (name === 'cookie') cookies += `${cookies && '; '}${value}`
    else if (name === 'host') {
      if (host !== null && host.toLowerCase() !== value.toLowerCase()) throw malformed()
      host = value
    } else if (name === 'content-length') {
      if (asked.length !== null || !/^\d{1,15}$/.test(value)) throw malformed()
      asked.length = value
    } else if (name === 'x-forwarded-host' || name === 'x-forwarded-prefix') {
      if (name === 'x-forwarded-host') asked.forwardedHost ??= value
      else asked.forwardedPrefix ??= value
      lines += `${name}: ${value}\r\n`
    }
  }
  asked.host = host ?? ''
  const length = asked.length === null || protocol !== undefined ? '' : `content-length: ${asked.length}\r\n`
  asked.lines = `host: ${asked.host}\r\n${lines}${length}${cookies && `cookie: ${cookies}\r\n`}`
  return asked
}

/** What comes behind a body. */
export function readTrailers(fields: Field[]): Lines {
  let lines = ''
  for (const [name, value] of fields) {
    checkOrdinary(name, value)
    lines += `${name}: ${value}\r\n`
  }
  return onlyTrailers(lines)
}

const isOwn = (name: string): name is Own => name.startsWith(':') && OWN.has(name)

function checkOrdinary(name: string, value: string): void {
  if (!NAME.test(name) || NO_VALUE.test(value) || FORBIDDEN.has(name)) throw malformed()
}

const malformed = () => new StreamError(ERROR.protocol, 'a request is malformed')
