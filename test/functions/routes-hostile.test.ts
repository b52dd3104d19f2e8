import fc from 'fast-check'
import { beforeAll, describe, expect, it } from 'vitest'
import { memoryKv } from '../../shared/kv/memory.ts'
import { type RoutesHarness, routesHarness } from '../support/routes.ts'

const SHOP = { agentId: 'vps-1', subdomain: 'shop', targetUrl: 'http://203.0.113.7:3000' }

const SUBDOMAINS: unknown[] = [
  ...[
    null,
    1,
    true,
    [],
    {},
    ['shop'],
    '',
    ' ',
    '.',
    '-',
    '*',
    '@',
    '_',
    'Shop',
    'SHOP',
    'shop.',
    '.shop',
    'a.b',
    'a_b',
  ],
  ...[
    '-shop',
    'shop-',
    'a'.repeat(64),
    'shop\n',
    '\nshop',
    'sh op',
    'shop\t',
    'shop\u0000',
    'shop\r\nx',
    'a/b',
    'a\\b',
  ],
  ...[
    'a|b',
    'a,b',
    'a;b',
    'a#b',
    'a?b',
    'a%b',
    'a%2eb',
    'a:80',
    'a@b',
    "a'b",
    'a"b',
    'a`b',
    '$(id)',
    '{a}',
    'a=b',
    'a&b',
  ],
  ...[
    'xn--shop',
    'xn--80ak6aa92e',
    'ab--cd',
    'shöp',
    'ｓhop',
    'sһop',
    'sh\u200bop',
    '\u202eshop',
    'shop‑1',
    '日本',
    '🦊',
  ],
  ...['admin', 'front', 'localhost', 'wpad', 'mongodb', 'support', '../shop', '..', '<b>', 'shop|10.0.0.1|80'],
]

const TARGET_URLS: unknown[] = [
  ...[null, 1, true, [], {}, '', ' ', 'http', 'http:', 'http:/', 'http://', 'http:///', '//203.0.113.7', '203.0.113.7'],
  ...[
    '203.0.113.7:80',
    'ftp://203.0.113.7',
    'file:///etc/passwd',
    'javascript:1',
    'ws://203.0.113.7',
    'unix:/run/x',
    'gopher://x',
  ],
  ...[
    'http:203.0.113.7',
    'http:\\\\203.0.113.7',
    'http://203.0.113.7\\x',
    ' http://203.0.113.7',
    'http://203.0.113.7 ',
  ],
  ...[
    'http://203.0.113.7\n',
    'ht\ntp://203.0.113.7',
    'http://203.0.\t113.7',
    'http://203.0.113.7/x',
    'http://203.0.113.7//',
  ],
  ...[
    'http://203.0.113.7/?',
    'http://203.0.113.7?x',
    'http://203.0.113.7/#',
    'http://203.0.113.7#x',
    'http://203.0.113.7/..',
  ],
  ...['http://user@203.0.113.7', 'http://user:pw@203.0.113.7', 'http://@203.0.113.7', 'http://:@203.0.113.7'],
  ...['http://203.0.113.7:', 'http://203.0.113.7:0', 'http://203.0.113.7:65536', 'http://203.0.113.7:99999'],
  ...[
    'http://203.0.113.7:-1',
    'http://203.0.113.7:+80',
    'http://203.0.113.7:80:80',
    'http://203.0.113.7:8 0',
    'http://x:１',
  ],
  ...[
    'http://256.1.1.1',
    'http://1.2.3.4.5',
    'http://1.2.3.999',
    'http://0xffffffffff',
    'http://[::1',
    'http://::1',
    'http://[]',
  ],
  ...[
    'http://[::1]x',
    'http://[fe80::1%25eth0]',
    'http://[fe80::1%eth0]',
    'http://[v1.x]',
    'http://[1.2.3.4]',
    'http://[:::]',
  ],
  ...['http://a_b.example', 'http://-a.example', 'http://a-.example', 'http://a..b', 'http://.a', 'http://a.example.'],
  ...[`http://${'a'.repeat(64)}.example`, `http://${'a.'.repeat(200)}x`, 'http://exämple.net', 'http://ｅxample.net'],
  ...[
    'http://１２７.0.0.1',
    'http://127。0。0。1',
    'http://%31%32%37.0.0.1',
    'http://a%00b',
    'http://a%2eb',
    'http://a\u0000b',
  ],
  ...[
    'http://a|b',
    'http://a b',
    'http://a"b',
    "http://a'b",
    'http://a;b',
    'http://a,b',
    'http://a{b}',
    'http://a$b',
    'http://<b>',
  ],
  ...[
    'http://*',
    'http://a*b',
    'http://~',
    'http://a^b',
    'http://a`b',
    'http://a!b',
    'http://(a)',
    'http://a=b',
    'http://a&b',
  ],
]

/** Written well, and not to be reached. */
const FORBIDDEN_URLS: string[] = [
  ...['http://127.0.0.1', 'http://127.1', 'http://127.0.1', 'http://0x7f.1', 'http://0x7f000001', 'http://2130706433'],
  ...['http://017700000001', 'http://0177.0.0.1', 'http://0x7F.0x0.0x0.0x1', 'http://127.0.0.1:22', 'http://[::1]'],
  ...['http://[0:0:0:0:0:0:0:1]', 'http://[::ffff:127.0.0.1]', 'http://[::ffff:7f00:1]', 'http://[::FFFF:127.0.0.1]'],
  ...['http://[64:ff9b::7f00:1]', 'http://[64:ff9b::127.0.0.1]', 'http://[2002:7f00:1::]', 'http://[::127.0.0.1]'],
  ...['http://0', 'http://0.0.0.0', 'http://[::]', 'http://169.254.169.254', 'http://2852039166', 'http://0xa9fea9fe'],
  ...[
    'http://[::ffff:169.254.169.254]',
    'http://[fe80::1]',
    'http://10.0.0.1',
    'http://192.168.1.1',
    'http://172.16.0.1',
  ],
  ...['http://100.64.0.1', 'http://[fd00::1]', 'http://[fd00:ec2::254]', 'http://224.0.0.1', 'http://255.255.255.255'],
  ...[
    'http://[ff02::1]',
    'http://240.0.0.1',
    'http://localhost',
    'http://LOCALHOST',
    'http://a.localhost',
    'https://localhost:443',
  ],
  ...[
    'http://front.example.com',
    'http://x.apps.example.com',
    'https://vps-1.mongodb.example.com',
    'http://APPS.example.com',
  ],
]

const PREFIXES: unknown[] = [
  ...[
    null,
    1,
    true,
    [],
    '',
    ' ',
    'api',
    'api/',
    '//',
    '//api',
    '/api//',
    '/a//b',
    '/./a',
    '/a/.',
    '/a/..',
    '/../a',
    '/a/../b',
  ],
  ...[
    '/..',
    '/.',
    '/%61',
    '/%2e',
    '/a%2fb',
    '/%',
    '/a b',
    '/a\tb',
    '/a\n',
    '/a\u0000',
    '/a|b',
    '/a;b',
    '/a#b',
    '/a?b',
    '/a"b',
  ],
  ...[
    "/a'b",
    '/a\\b',
    '/a`b',
    '/a$b',
    '/a{b}',
    '/a[b]',
    '/a<b>',
    '/a^b',
    '/a(b)',
    '/é',
    '/日本',
    '/a\u200b',
    `/${'a'.repeat(127)}`,
  ],
  ...['/a&b', '/a*b', '/!a', 'http://x/', '\\api', '/api/\u202e'],
]

const RANGES: unknown[] = [
  ...[
    null,
    1,
    true,
    {},
    '',
    ' ',
    'all',
    '*',
    '0',
    '1.2.3',
    '1.2.3.4.5',
    '256.1.1.1',
    '01.2.3.4',
    '0x7f.1',
    '1.2.3.4/',
    '1.2.3.4/33',
  ],
  ...[
    '1.2.3.4/-1',
    '1.2.3.4/8/8',
    '1.2.3.4/08x',
    '1.2.3.4 /8',
    ' 1.2.3.4',
    '1.2.3.4\n',
    '1.2.3.4/8\n',
    '::/129',
    '::1%eth0',
    '[::1]',
  ],
  ...[
    '[::1]/128',
    '1.2.3.4-1.2.3.9',
    '1.2.3.4,1.2.3.5',
    '1.2.3.4|x',
    '-f /etc/passwd',
    '１.2.3.4',
    'localhost',
    ':::',
    'g::1',
    '1:2',
  ],
]

const OPTIONS: unknown[] = [
  ...[null, 1, 'x', [], { unknown: 1 }, { __proto__x: 1 }, { useTls: 'yes' }, { useTls: 1 }, { tlsVerify: 'yes' }],
  ...[
    { tlsVerify: true },
    { balance: 'first' },
    { balance: 'random(2)' },
    { balance: 'source\nserver x' },
    { check: 'no' },
  ],
  ...[{ check: null }, { check: { path: 'x' } }, { check: { path: '/ x' } }, { check: { path: '/\r\nHost: x' } }],
  ...[
    { check: { path: '/%[env(HOME)]' } },
    { check: { path: '/"' } },
    { check: { path: '/#' } },
    { check: { path: '/$HOME' } },
  ],
  ...[
    { check: { intervalSeconds: 0 } },
    { check: { intervalSeconds: 1.5 } },
    { check: { rise: 0 } },
    { check: { fall: '3' } },
  ],
  ...[
    { check: { expectStatus: 99 } },
    { check: { expectStatus: '200|500' } },
    { check: { kind: 'tcp' } },
    { servers: {} },
  ],
  ...[{ servers: ['http://203.0.113.8'] }, { servers: [{}] }, { servers: [{ url: 'http://127.0.0.1' }] }],
  ...[
    { servers: [{ url: 'http://203.0.113.8', weight: 257 }] },
    { servers: [{ url: 'http://203.0.113.8', weight: -1 }] },
  ],
  ...[{ servers: [{ url: 'http://203.0.113.8', name: 'x' }] }, { servers: [{ url: SHOP.targetUrl }] }],
  ...[{ servers: Array.from({ length: 32 }, (_, i) => ({ url: `http://203.0.113.${100 + i}` })) }],
  ...[{ allowFrom: '192.0.2.1' }, { allowFrom: Array(101).fill('192.0.2.1') }, { allowFrom: [] }, { basicAuth: 'a:b' }],
]

const HOSTS: unknown[] = [
  ...TARGET_URLS.filter((url): url is string => typeof url === 'string' && url.startsWith('http://') && url.length > 7)
    .map((url) => url.slice(7))
    .filter((host) => host !== '::1'),
  ...[null, 1, {}, '', 'http://203.0.113.7', '203.0.113.7:27017', '127.0.0.1', '::1', '[::1]', '0x7f.1', 'localhost'],
]

describe('hostile input for routes', () => {
  let front: RoutesHarness
  let token: string
  beforeAll(async () => {
    front = await routesHarness({ keepOpen: true, kv: memoryKv() })
    token = await front.agent('vps-1')
  })

  const refused = async (path: string, body: object) => {
    const { status, body: answer } = await front.call('POST', path, { token, body: { agentId: 'vps-1', ...body } })
    expect([body, status, answer.success]).toEqual([body, 400, false])
    expect(['INVALID_INPUT', 'TARGET_REFUSED']).toContain(answer.code)
    return answer.code
  }
  const http = (fields: object) => refused('/api/proxy/http', { ...SHOP, ...fields })
  const nothingKept = async () => {
    expect([await front.stored('routes/'), await front.stored('claims/'), front.gateway.told]).toEqual([[], [], []])
  }

  it.each<[string, unknown[], (value: unknown) => Promise<string>]>([
    ['subdomain', SUBDOMAINS, (subdomain) => http({ subdomain })],
    ['target', TARGET_URLS, (targetUrl) => http({ targetUrl })],
    ['server', TARGET_URLS, (url) => http({ options: { servers: [{ url }] } })],
    ['prefix', PREFIXES, (pathPrefix) => http({ options: { pathPrefix } })],
    ['range', RANGES, (range) => http({ options: { allowFrom: [range] } })],
    ['option', OPTIONS, (options) => http({ options })],
    ['host of a database', HOSTS, (targetHost) => refused('/api/proxy/mongodb', { targetHost })],
    ['name of a database', SUBDOMAINS.slice(0, -10), (name) => refused('/api/proxy/mongodb', { name })],
    ['port', [null, 0, -1, 65_536, 1.5, '80', 1e9], (targetPort) => refused('/api/proxy/mongodb', { targetPort })],
  ])('no %s takes what does not belong there', async (_, values, attempt) => {
    expect(values.length).toBeGreaterThan(6)
    for (const value of values) await attempt(value)
    await nothingKept()
  })

  it('no target is where nobody may be', async () => {
    for (const targetUrl of FORBIDDEN_URLS)
      expect([targetUrl, await http({ targetUrl })]).toEqual([targetUrl, 'TARGET_REFUSED'])
    await nothingKept()
  })

  it('removals and bulks take no other names either', async () => {
    for (const subdomain of SUBDOMAINS) {
      if (['admin', 'front', 'localhost', 'wpad', 'mongodb', 'support'].includes(subdomain as string)) continue
      const removal = { agentId: 'vps-1', type: 'http', subdomain }
      expect([subdomain, (await front.remove(token, removal)).status]).toEqual([subdomain, 400])
      const bulk = { upsert: [{ type: 'http', ...SHOP, subdomain }], remove: [removal] }
      expect((await front.call('POST', '/api/proxy/bulk', { token, body: bulk })).status).toBe(400)
    }
    for (const type of [undefined, null, 'tcp', 'HTTP', ['http']])
      expect((await front.remove(token, { agentId: 'vps-1', subdomain: 'shop', type })).status).toBe(400)
    await nothingKept()
  })
})

/** Some that come close to what is taken, and anything else. */
const close = (alphabet: string) => fc.string({ unit: fc.constantFrom(...alphabet), minLength: 1, maxLength: 12 })
const text = fc.oneof(close('ab0-'), close('ab0-./_%|\\ \n"#'), fc.string({ unit: 'grapheme', maxLength: 20 }))
const host = fc.oneof(
  fc.ipV4(),
  fc.ipV6().map((address) => `[${address}]`),
  fc.domain(),
  close('0123456789.xabf:[]'),
  text,
)
const url = fc.oneof(
  fc
    .tuple(fc.constantFrom('http://', 'https://', 'HTTP://'), host, fc.constantFrom('', ':80', ':0', '/', ':8080/'))
    .map((parts) => parts.join('')),
  fc.webUrl(),
  text,
)
const prefix = fc.oneof(
  fc.array(close('ab0.%-_~'), { maxLength: 4 }).map((parts) => `/${parts.join('/')}`),
  text,
)

const SAFE = {
  host: /^(?:[a-z0-9](?:[a-z0-9-]*[a-z0-9])?\.)+[a-z0-9-]+$/,
  address: /^[0-9a-f.:]+$/,
  target: /^[a-z0-9.:-]+$/,
  prefix: /^\/(?:[A-Za-z0-9._~@+:,=-]+\/)+$/,
  range: /^[0-9a-f.:]+(?:\/\d{1,3})?$/,
  key: /^routes\/vps-1\/http\/[a-z0-9.-]+\/[A-Za-z0-9._~@+:,=/-]*$/,
}

it('whatever is sent, what is kept has nothing in it that means anything to HAProxy', async () => {
  const resolve = async () => ({ addresses: ['203.0.113.99'], ttlSeconds: 60 })
  const own = { ports: [], addresses: () => [], services: [] }
  const front = await routesHarness({ targets: { level: 'loopback', own, resolve } })
  const token = await front.agent('vps-1')
  let kept = 0
  const sent = fc.record({
    subdomain: text,
    targetUrl: url,
    pathPrefix: prefix,
    range: fc.oneof(host, text),
    server: url,
  })
  await fc.assert(
    fc.asyncProperty(sent, fc.subarray(['pathPrefix', 'range', 'server']), async (values, used) => {
      const { subdomain, targetUrl } = values
      const options = {
        ...(used.includes('pathPrefix') && { pathPrefix: values.pathPrefix }),
        ...(used.includes('range') && { allowFrom: [values.range] }),
        ...(used.includes('server') && { servers: [{ url: values.server }] }),
      }
      const { status } = await front.http(token, { agentId: 'vps-1', subdomain, targetUrl, options })
      expect([200, 201, 400]).toContain(status)
      if (status === 400) return
      kept += 1
      const route = front.gateway.told.at(-1)?.[0]?.route
      if (route?.type !== 'http') throw new Error('the gateway was told of something else')
      expect(route.host).toMatch(SAFE.host)
      expect(front.gateway.told.at(-1)?.[0]?.key).toMatch(SAFE.key)
      if (route.pathPrefix !== null) {
        expect(route.pathPrefix).toMatch(SAFE.prefix)
        expect(route.pathPrefix).not.toMatch(/\/\.{1,2}\//)
      }
      for (const range of route.allowFrom) expect(range).toMatch(SAFE.range)
      for (const { host: written, address, port } of route.targets) {
        expect(written).toMatch(SAFE.target)
        expect(address).toMatch(SAFE.address)
        expect(port >= 1 && port <= 65_535).toBe(true)
      }
    }),
    { numRuns: 3_000 },
  )
  expect(kept).toBeGreaterThan(20)
})
