import type { Server } from '../dataplane/models.ts'
import { HaproxyTextError } from './text-error.ts'
import { parseTimeMs, printTimeMs } from './time.ts'
import { checkInteger, checkName, checkOneOf, checkWord } from './words.ts'

/** How a field of the API is written on a server line. */
type Parameter =
  | { keyword: string; kind: 'flag' }
  | { keyword: string; kind: 'word'; allowed?: readonly string[] }
  | { keyword: string; kind: 'number'; min?: number; max?: number }
  | { keyword: string; kind: 'time' }

const flag = (keyword: string): Parameter => ({ keyword, kind: 'flag' })
const word = (keyword: string, allowed?: readonly string[]): Parameter => ({ keyword, kind: 'word', allowed })
const number = (keyword: string, limits: { min?: number; max?: number } = {}): Parameter => ({
  keyword,
  kind: 'number',
  ...limits,
})
const time = (keyword: string): Parameter => ({ keyword, kind: 'time' })

/** The API's names beside HAProxy's. */
const PARAMETERS: Readonly<Record<string, Parameter>> = {
  'agent-check': flag('agent-check'),
  'agent-port': number('agent-port', { min: 1, max: 65535 }),
  alpn: word('alpn'),
  backup: flag('backup'),
  check: flag('check'),
  'check-send-proxy': flag('check-send-proxy'),
  'check-sni': word('check-sni'),
  'check-ssl': flag('check-ssl'),
  check_alpn: word('check-alpn'),
  check_proto: word('check-proto'),
  ciphers: word('ciphers'),
  ciphersuites: word('ciphersuites'),
  cookie: word('cookie'),
  crl_file: word('crl-file'),
  downinter: time('downinter'),
  error_limit: number('error-limit', { min: 1 }),
  fall: number('fall', { min: 1 }),
  fastinter: time('fastinter'),
  health_check_address: word('addr'),
  health_check_port: number('port', { min: 1, max: 65535 }),
  'init-addr': word('init-addr'),
  inter: time('inter'),
  maintenance: flag('disabled'),
  max_reuse: number('max-reuse', { min: -1 }),
  maxconn: number('maxconn'),
  maxqueue: number('maxqueue'),
  minconn: number('minconn'),
  observe: word('observe', ['layer4', 'layer7']),
  'on-error': word('on-error'),
  'on-marked-down': word('on-marked-down', ['shutdown-sessions']),
  'on-marked-up': word('on-marked-up', ['shutdown-backup-sessions']),
  pool_low_conn: number('pool-low-conn', { min: -1 }),
  pool_max_conn: number('pool-max-conn', { min: -1 }),
  pool_purge_delay: time('pool-purge-delay'),
  proto: word('proto'),
  'resolve-prefer': word('resolve-prefer', ['ipv4', 'ipv6']),
  resolvers: word('resolvers'),
  rise: number('rise', { min: 1 }),
  'send-proxy': flag('send-proxy'),
  'send-proxy-v2': flag('send-proxy-v2'),
  slowstart: time('slowstart'),
  sni: word('sni'),
  ssl: flag('ssl'),
  ssl_cafile: word('ca-file'),
  ssl_certificate: word('crt'),
  ssl_max_ver: word('ssl-max-ver'),
  ssl_min_ver: word('ssl-min-ver'),
  track: word('track'),
  verify: word('verify', ['none', 'required']),
  verifyhost: word('verifyhost'),
  weight: number('weight', { max: 256 }),
  ws: word('ws', ['auto', 'h1', 'h2']),
}

const FIELD_OF_KEYWORD = new Map(Object.entries(PARAMETERS).map(([field, { keyword }]) => [keyword, field]))
const ADDRESS = /^[A-Za-z0-9_.:@%/[\]-]+$/

/** The words of a server line after its address, or of a default-server line. Fields that are no parameters: an error. */
export function printParameters(of: Readonly<Record<string, unknown>>, what: string): string[] {
  return Object.keys(of)
    .sort()
    .flatMap((field) => {
      const parameter = PARAMETERS[field]
      if (!parameter) throw new HaproxyTextError(`the field ${JSON.stringify(field)} of ${what} is not served here`)
      return printParameter(field, parameter, of[field])
    })
}

function printParameter(field: string, parameter: Parameter, value: unknown): string[] {
  const { keyword } = parameter
  if (value === undefined || value === null) return []
  switch (parameter.kind) {
    case 'flag':
      return checkOneOf(field, value, ['enabled', 'disabled']) === 'enabled' ? [keyword] : []
    case 'word':
      return [keyword, parameter.allowed ? checkOneOf(field, value, parameter.allowed) : checkWord(field, value)]
    case 'number':
      return [keyword, String(checkInteger(field, value, parameter))]
    case 'time':
      return [keyword, printTimeMs(checkInteger(field, value))]
  }
}

export function printServer(server: Server): string {
  const { name, address, port, ...parameters } = server
  checkName('name', name)
  return ['server', name, printAddress(address, port), ...printParameters(parameters, 'a server')].join(' ')
}

function printAddress(address: unknown, port: unknown): string {
  if (typeof address !== 'string' || !ADDRESS.test(address))
    throw new HaproxyTextError('address in body must be an address')
  const host = /^[0-9a-fA-F:.]*:[0-9a-fA-F:.]*:[0-9a-fA-F:.]*$/.test(address) ? `[${address}]` : address
  return port === undefined || port === null ? host : `${host}:${checkInteger('port', port, { min: 0, max: 65535 })}`
}

/** Null when the line holds what the model has no field for. */
export function parseServer(words: readonly string[]): Server | null {
  const [, name, target, ...rest] = words
  if (!name || !target) return null
  const parameters = parseParameters(rest)
  const parts = /^(?:\[([^\]]+)\]|(.*?))(?::(\d+))?$/.exec(target)
  if (!parameters || !parts) return null
  const port = parts[3] === undefined ? {} : { port: Number(parts[3]) }
  return { ...parameters, address: parts[1] ?? parts[2] ?? '', name, ...port } as Server
}

export function parseParameters(words: readonly string[]): Record<string, string | number> | null {
  const found: Record<string, string | number> = {}
  for (let i = 0; i < words.length; i++) {
    const keyword = words[i] ?? ''
    const field = FIELD_OF_KEYWORD.get(keyword)
    const parameter = field === undefined ? undefined : PARAMETERS[field]
    if (field === undefined || !parameter) return null
    const value = parameter.kind === 'flag' ? 'enabled' : parseValue(parameter, words[++i])
    if (value === null) return null
    found[field] = value
  }
  return found
}

function parseValue(parameter: Parameter, text: string | undefined): string | number | null {
  if (text === undefined) return null
  if (parameter.kind === 'time') return parseTimeMs(text)
  if (parameter.kind === 'number') return /^-?\d+$/.test(text) ? Number(text) : null
  return text
}
