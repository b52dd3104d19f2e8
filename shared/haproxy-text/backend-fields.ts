import type { Backend } from '../dataplane/models.ts'
import { parseParameters, printParameters } from './server-line.ts'
import { HaproxyTextError } from './text-error.ts'
import { parseTimeMs, printTimeMs } from './time.ts'
import { checkInteger, checkOneOf, checkWord, checkWords } from './words.ts'

/** How a field of a backend is written, and read from the words of a line that begins with these keywords. */
export interface FieldLine {
  keywords: readonly string[]
  print(value: unknown, backend: Backend): string[]
  /** Null when the line holds what the field cannot say. */
  parse(words: readonly string[]): Record<string, unknown> | null
}

type Fields = Record<string, unknown>

function only(field: string, value: unknown, known: readonly string[]): Fields {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new HaproxyTextError(`${field} must be an object`)
  const other = Object.keys(value).find((each) => !known.includes(each))
  if (other !== undefined)
    throw new HaproxyTextError(`the field ${JSON.stringify(`${field}.${other}`)} is not served here`)
  return value as Fields
}

const timeout = (field: string, name: string): FieldLine => ({
  keywords: ['timeout', name],
  print: (value) => [`timeout ${name} ${printTimeMs(checkInteger(field, value))}`],
  parse(words) {
    const ms = words.length === 3 ? parseTimeMs(words[2] ?? '') : null
    return ms === null ? null : { [field]: ms }
  },
})

const option = (field: string, name: string): FieldLine => ({
  keywords: ['option', name],
  print: (value) =>
    checkOneOf(field, value, ['enabled', 'disabled']) === 'enabled' ? [`option ${name}`] : [`no option ${name}`],
  parse: (words) => (words.length === 2 ? { [field]: 'enabled' } : null),
})

const balance: FieldLine = {
  keywords: ['balance'],
  print: (value) => [`balance ${checkWords('balance.algorithm', only('balance', value, ['algorithm']).algorithm)}`],
  parse: (words) => (words.length === 2 ? { balance: { algorithm: words[1] } } : null),
}

const hashType: FieldLine = {
  keywords: ['hash-type'],
  print(value) {
    const { method } = only('hash_type', value, ['method'])
    return [`hash-type ${checkOneOf('hash_type.method', method, ['map-based', 'consistent'])}`]
  },
  parse: (words) => (words.length === 2 ? { hash_type: { method: words[1] } } : null),
}

const CHECK_KINDS = [
  'httpchk',
  'ldap-check',
  'mysql-check',
  'pgsql-check',
  'redis-check',
  'smtpchk',
  'ssl-hello-chk',
  'tcp-check',
]

const advancedCheck: FieldLine = {
  keywords: ['option'],
  print(value, { httpchk_params }) {
    const kind = checkOneOf('adv_check', value, CHECK_KINDS)
    return [['option', kind, ...(kind === 'httpchk' ? requestLine(httpchk_params) : [])].join(' ')]
  },
  parse([, kind = '', ...rest]) {
    if (!CHECK_KINDS.includes(kind) || (kind !== 'httpchk' && rest.length > 0)) return null
    return { adv_check: kind, ...(rest.length > 0 && { httpchk_params: checkedRequest(rest) }) }
  },
}

function requestLine(params: unknown): string[] {
  if (params === undefined) return []
  const { method, uri, version } = only('httpchk_params', params, ['method', 'uri', 'version'])
  const words = Object.entries({ method, uri, version }).filter(([, value]) => value !== undefined)
  if ((version !== undefined && uri === undefined) || (uri !== undefined && method === undefined))
    throw new HaproxyTextError('httpchk_params needs a method before a uri, and a uri before a version')
  return words.map(([field, value]) => checkWord(`httpchk_params.${field}`, value))
}

function checkedRequest([first, ...rest]: readonly string[]): Fields {
  // One word alone is the path.
  if (rest.length === 0) return { uri: first }
  const [uri, ...version] = rest
  return { method: first, uri, ...(version.length > 0 && { version: version.join(' ') }) }
}

const COOKIE_TYPES = ['rewrite', 'insert', 'prefix']
const COOKIE_FLAGS = ['indirect', 'nocache', 'postonly', 'preserve', 'httponly', 'secure', 'dynamic']

const cookie: FieldLine = {
  keywords: ['cookie'],
  print(value) {
    const fields = only('cookie', value, ['name', 'type', 'maxidle', 'maxlife', ...COOKIE_FLAGS])
    const words = ['cookie', checkWord('cookie.name', fields.name)]
    if (fields.type !== undefined) words.push(checkOneOf('cookie.type', fields.type, COOKIE_TYPES))
    words.push(...COOKIE_FLAGS.filter((flag) => fields[flag] === true))
    for (const limit of ['maxidle', 'maxlife'])
      if (fields[limit] !== undefined) words.push(limit, `${checkInteger(`cookie.${limit}`, fields[limit])}s`)
    return [words.join(' ')]
  },
  parse([, name, ...words]) {
    const found: Fields = { name }
    for (let word = words.shift(); word !== undefined; word = words.shift()) {
      if (COOKIE_TYPES.includes(word)) found.type = word
      else if (COOKIE_FLAGS.includes(word)) found[word] = true
      else if (word === 'maxidle' || word === 'maxlife') found[word] = (parseTimeMs(words.shift() ?? '') ?? 0) / 1000
      else return null
    }
    return { cookie: found }
  },
}

const redispatch: FieldLine = {
  keywords: ['option', 'redispatch'],
  print(value) {
    const { enabled, interval } = only('redispatch', value, ['enabled', 'interval'])
    const off = checkOneOf('redispatch.enabled', enabled, ['enabled', 'disabled']) === 'disabled'
    const each = interval === undefined ? '' : ` ${checkInteger('redispatch.interval', interval, { min: -1000 })}`
    return [off ? 'no option redispatch' : `option redispatch${each}`]
  },
  parse: ([, , interval]) => ({
    redispatch: { enabled: 'enabled', ...(interval !== undefined && { interval: Number(interval) }) },
  }),
}

const defaultServer: FieldLine = {
  keywords: ['default-server'],
  print: (value) => [['default-server', ...printParameters(value as Fields, 'a default server')].join(' ')],
  parse([, ...words]) {
    const parameters = parseParameters(words)
    return parameters && { default_server: parameters }
  },
}

const STICK_TYPES = ['ip', 'ipv6', 'integer', 'string', 'binary']

const stickTable: FieldLine = {
  keywords: ['stick-table'],
  print(value) {
    const fields = only('stick_table', value, ['type', 'keylen', 'size', 'expire', 'nopurge', 'peers', 'store'])
    const words = ['stick-table type', checkOneOf('stick_table.type', fields.type, STICK_TYPES)]
    if (fields.keylen !== undefined) words.push('len', String(checkInteger('stick_table.keylen', fields.keylen)))
    words.push('size', String(checkInteger('stick_table.size', fields.size, { min: 1 })))
    if (fields.expire !== undefined)
      words.push('expire', printTimeMs(checkInteger('stick_table.expire', fields.expire)))
    if (fields.nopurge === true) words.push('nopurge')
    if (fields.peers !== undefined) words.push('peers', checkWord('stick_table.peers', fields.peers))
    if (fields.store !== undefined) words.push('store', checkWord('stick_table.store', fields.store))
    return [words.join(' ')]
  },
  parse([, ...words]) {
    const found: Fields = {}
    for (let word = words.shift(); word !== undefined; word = words.shift()) {
      if (word === 'nopurge') found.nopurge = true
      else if (!readStickWord(word, words.shift(), found)) return null
    }
    return { stick_table: found }
  },
}

const SIZE_UNITS: Record<string, number> = { '': 1, k: 2 ** 10, m: 2 ** 20, g: 2 ** 30 }

function readStickWord(word: string, value: string | undefined, into: Fields): boolean {
  if (value === undefined) return false
  const size = /^(\d+)([kmg]?)$/i.exec(value)
  if (word === 'type' || word === 'peers' || word === 'store') into[word] = value
  else if (word === 'len') into.keylen = Number(value)
  else if (word === 'expire') into.expire = parseTimeMs(value)
  else if (word === 'size' && size) into.size = Number(size[1]) * (SIZE_UNITS[(size[2] ?? '').toLowerCase()] ?? 1)
  else return false
  return true
}

/** In the order in which they are tried on a line. */
export const BACKEND_FIELDS: Readonly<Record<string, FieldLine>> = {
  mode: {
    keywords: ['mode'],
    print: (value) => [`mode ${checkOneOf('mode', value, ['http', 'tcp', 'log'])}`],
    parse: ([, mode]) => ({ mode }),
  },
  balance,
  hash_type: hashType,
  redispatch,
  forwardfor: {
    keywords: ['option', 'forwardfor'],
    print: (value) => (only('forwardfor', value, ['enabled']).enabled === 'enabled' ? ['option forwardfor'] : []),
    parse: (words) => (words.length === 2 ? { forwardfor: { enabled: 'enabled' } } : null),
  },
  log_health_checks: option('log_health_checks', 'log-health-checks'),
  prefer_last_server: option('prefer_last_server', 'prefer-last-server'),
  srvtcpka: option('srvtcpka', 'srvtcpka'),
  allbackups: option('allbackups', 'allbackups'),
  adv_check: advancedCheck,
  // Written with the check that it belongs to.
  httpchk_params: { keywords: ['option', 'httpchk'], print: () => [], parse: () => null },
  http_reuse: {
    keywords: ['http-reuse'],
    print: (value) => [`http-reuse ${checkOneOf('http_reuse', value, ['always', 'safe', 'never', 'aggressive'])}`],
    parse: ([, http_reuse]) => ({ http_reuse }),
  },
  cookie,
  connect_timeout: timeout('connect_timeout', 'connect'),
  server_timeout: timeout('server_timeout', 'server'),
  tunnel_timeout: timeout('tunnel_timeout', 'tunnel'),
  queue_timeout: timeout('queue_timeout', 'queue'),
  check_timeout: timeout('check_timeout', 'check'),
  http_request_timeout: timeout('http_request_timeout', 'http-request'),
  http_keep_alive_timeout: timeout('http_keep_alive_timeout', 'http-keep-alive'),
  tarpit_timeout: timeout('tarpit_timeout', 'tarpit'),
  server_fin_timeout: timeout('server_fin_timeout', 'server-fin'),
  default_server: defaultServer,
  stick_table: stickTable,
  retries: {
    keywords: ['retries'],
    print: (value) => [`retries ${checkInteger('retries', value)}`],
    parse: ([, retries]) => ({ retries: Number(retries) }),
  },
  retry_on: {
    keywords: ['retry-on'],
    print: (value) => [`retry-on ${checkWords('retry_on', value)}`],
    parse: ([, ...words]) => ({ retry_on: words.join(' ') }),
  },
  fullconn: {
    keywords: ['fullconn'],
    print: (value) => [`fullconn ${checkInteger('fullconn', value)}`],
    parse: ([, fullconn]) => ({ fullconn: Number(fullconn) }),
  },
}
