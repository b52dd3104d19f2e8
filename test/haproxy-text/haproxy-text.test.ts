import fc from 'fast-check'
import { describe, expect, it, test } from 'vitest'
import type { Backend } from '../../shared/dataplane/models.ts'
import {
  HaproxyTextError,
  parseBackend,
  parseConfiguration,
  printBackend,
  printConfiguration,
  printSection,
  quoteLiteralFormat,
  quoteWord,
  replaceBackendFields,
  type Section,
  sameSection,
  splitWords,
} from '../../shared/haproxy-text/index.ts'

const section = (text: string): Section => {
  const [found] = parseConfiguration(text).sections
  if (!found) throw new Error('no section')
  return found
}

const FULL: Backend = {
  name: 'b:r1:1',
  from: 'front',
  mode: 'http',
  balance: { algorithm: 'leastconn' },
  adv_check: 'httpchk',
  cookie: { name: 'SRV', type: 'insert', indirect: true, nocache: true },
  http_reuse: 'always',
  redispatch: { enabled: 'enabled' },
  connect_timeout: 1500,
  server_timeout: 30_000,
  servers: {
    one: {
      name: 'one',
      address: '127.0.0.1',
      port: 81,
      check: 'enabled',
      inter: 2000,
      weight: 5,
      cookie: 'c1',
      proto: 'h2',
    },
    six: {
      name: 'six',
      address: '2001:db8::1',
      port: 443,
      ssl: 'enabled',
      verify: 'none',
      sni: 'str(a.test)',
      backup: 'enabled',
    },
  },
  http_request_rule_list: [
    { type: 'deny', deny_status: 403, cond: 'unless', cond_test: '{ src 10.0.0.0/8 }' },
    { type: 'auth', auth_realm: 'private', cond: 'unless', cond_test: '{ http_auth(list) }' },
    { type: 'set-header', hdr_name: 'X-A', hdr_format: quoteLiteralFormat('a "b" #1 %x') },
    { type: 'set-var', var_scope: 'txn', var_name: 'n', var_expr: 'req.hdr(host),lower' },
    { type: 'replace-path', path_match: '^/api/(.*)', path_fmt: '/\\\\1' },
    { type: 'track-sc', track_sc_stick_counter: 1, track_sc_key: 'src', track_sc_table: 'rates' },
    {
      type: 'return',
      return_status_code: 503,
      return_content_type: 'text/plain',
      return_content_format: 'string',
      return_content: '"be right back"',
    },
    { type: 'redirect', redir_type: 'location', redir_value: 'https://other.test/', redir_code: 302 },
  ],
  http_response_rule_list: [{ type: 'del-header', hdr_name: 'Server' }],
  tcp_request_rule_list: [
    { type: 'inspect-delay', timeout: 5000 },
    { type: 'content', action: 'reject', cond: 'if', cond_test: '{ src 192.0.2.1 }' },
  ],
  http_check_list: [
    { type: 'send', method: 'GET', uri: '/health', version: 'HTTP/1.1', headers: [{ name: 'Host', fmt: 'a.test' }] },
    { type: 'expect', match: 'status', pattern: '200' },
  ],
}

describe('a backend', () => {
  it('comes back from its lines as it went in', () => {
    expect(parseBackend(printBackend(FULL), { full: true })).toEqual(FULL)
  })

  it('keeps the lines that have no field when its own fields change', () => {
    const before = section(
      'backend b\n  mode http\n  # mine\n  filter compression\n  server s 127.0.0.1:1 check-via-socks4\n',
    )
    const after = replaceBackendFields(before, { name: 'b', mode: 'tcp' })
    expect(printSection(after)).toBe(
      'backend b\n  mode tcp\n  # mine\n  filter compression\n  server s 127.0.0.1:1 check-via-socks4',
    )
  })
})

/** Every place of a backend that takes a text. */
const PLACES: Record<string, (text: string) => Partial<Backend>> = {
  name: (text) => ({ name: text }),
  from: (text) => ({ from: text }),
  algorithm: (text) => ({ balance: { algorithm: text } }),
  cookie: (text) => ({ cookie: { name: text } }),
  uri: (text) => ({ adv_check: 'httpchk', httpchk_params: { method: 'GET', uri: text } }),
  serverName: (text) => ({ servers: { s: { name: text, address: '127.0.0.1', port: 1 } } }),
  address: (text) => ({ servers: { s: { name: 's', address: text, port: 1 } } }),
  sni: (text) => ({ servers: { s: { name: 's', address: '127.0.0.1', port: 1, sni: text } } }),
  header: (text) => ({ http_request_rule_list: [{ type: 'set-header', hdr_name: 'X', hdr_format: text }] }),
  headerName: (text) => ({ http_request_rule_list: [{ type: 'set-header', hdr_name: text, hdr_format: 'x' }] }),
  condition: (text) => ({ http_request_rule_list: [{ type: 'allow', cond: 'if', cond_test: text }] }),
  expression: (text) => ({ http_request_rule_list: [{ type: 'set-dst', expr: text }] }),
  variable: (text) => ({
    http_request_rule_list: [{ type: 'set-var', var_scope: 'txn', var_name: text, var_expr: 'src' }],
  }),
  realm: (text) => ({ http_request_rule_list: [{ type: 'auth', auth_realm: text }] }),
  content: (text) => ({
    http_request_rule_list: [{ type: 'return', return_content_format: 'string', return_content: text }],
  }),
  pattern: (text) => ({ http_check_list: [{ type: 'expect', match: 'status', pattern: text }] }),
}

const steering = fc.oneof(
  fc.string({
    unit: fc.constantFrom('\n', '\r', '\0', '\\', '"', "'", '#', ' ', '\t', '$', '{', '}', '%', 'a', 'if'),
    maxLength: 10,
  }),
  fc.constantFrom(
    'x\nserver evil 192.0.2.1:1',
    'x\r\nbackend evil',
    'x if TRUE',
    'x server evil',
    '# x',
    'a"b',
    'x\\',
    '\u0085x',
  ),
)

describe('whatever a text holds', () => {
  for (const [place, make] of Object.entries(PLACES)) {
    test(`as ${place} it is refused, or stands on one line as one value`, () => {
      fc.assert(
        fc.property(steering, (text) => {
          const backend: Backend = { name: 'b', mode: 'http', ...make(text) }
          let printed: Section
          try {
            printed = printBackend(backend)
          } catch (error) {
            expect(error).toBeInstanceOf(HaproxyTextError)
            return
          }
          const around = parseConfiguration(`defaults d\n${printSection(printed)}\nbackend after\n`)
          expect(around.sections.map(({ kind }) => kind)).toEqual(['defaults', 'backend', 'backend'])
          expect(around.sections[1]?.lines.filter((line) => line.trim())).toEqual(printed.lines)
          expect(printed.lines.every((line) => splitWords(line))).toBe(true)
          const plain = printBackend({ name: 'b', mode: 'http', ...make('x') })
          expect(printed.lines.map((line) => splitWords(line)?.[0])).toEqual(
            plain.lines.map((line) => splitWords(line)?.[0]),
          )
        }),
        { numRuns: 300 },
      )
    })
  }

  it('quoted, it is one word', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), (text) => {
        fc.pre(!/\p{Cc}/u.test(text))
        expect(splitWords(`a ${quoteWord(text)} b`)).toHaveLength(3)
      }),
    )
  })
})

it('a configuration keeps every line of every section', () => {
  const text = '# top\n\nglobal\n  maxconn 5\n  # why\n\ndefaults d\n\tmode http\n\nfrontend f from d\n  bind :80\n'
  const { head, sections } = parseConfiguration(text)
  expect(head).toEqual(['# top', ''])
  expect(sections.map(({ kind, name, from }) => [kind, name, from])).toEqual([
    ['global', '', null],
    ['defaults', 'd', null],
    ['frontend', 'f', 'd'],
  ])
  expect(printConfiguration({ head, sections })).toBe(text)
})

describe('two sections mean the same', () => {
  for (const [name, a, b, expected] of [
    ['indented otherwise', 'backend b\n  mode http', 'backend b\n\t\tmode   http', true],
    ['with a comment', 'backend b\n  mode http', 'backend b\n  # x\n  mode http # y', true],
    ['with unnamed defaults', 'backend b\n  mode http', 'backend b from unnamed_defaults_2\n  mode http', true],
    ['with other defaults', 'backend b from one\n', 'backend b from two\n', false],
    [
      'with groups in another order',
      'backend b\n  mode http\n  balance first',
      'backend b\n  balance first\n  mode http',
      true,
    ],
    [
      'with rules in another order',
      'backend b\n  http-request deny\n  http-request allow',
      'backend b\n  http-request allow\n  http-request deny',
      false,
    ],
    [
      'with sorted parameters',
      'backend b\n  server s 1.1.1.1:1 weight 5 check inter 2000',
      'backend b\n  server s 1.1.1.1:1 check inter 2s weight 5',
      true,
    ],
    [
      'with the words of a cookie in another order',
      'backend b\n  cookie c insert indirect nocache httponly secure',
      'backend b\n  cookie c httponly indirect nocache insert secure',
      true,
    ],
    ['with another cookie', 'backend b\n  cookie c insert indirect', 'backend b\n  cookie c insert', false],
    [
      'with another weight',
      'backend b\n  server s 1.1.1.1:1 weight 5',
      'backend b\n  server s 1.1.1.1:1 weight 6',
      false,
    ],
    ['with a time in another unit', 'backend b\n  timeout server 5000', 'backend b\n  timeout server 5s', true],
    ['with another name', 'backend b\n', 'backend c\n', false],
  ] as const) {
    test(`${name}: ${expected}`, () => expect(sameSection(section(a), section(b))).toBe(expected))
  }
})
