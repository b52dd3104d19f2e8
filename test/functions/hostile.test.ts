import { beforeAll, describe, expect, it } from 'vitest'
import { ADMIN_TOKEN, ENROLLMENT_TOKEN, type Harness, harness } from '../harness.ts'

const AGENT = { agentId: 'vps-1', agentKey: 'a-key-of-the-first-agent', targetIp: '203.0.113.7' }

/** No call takes these. */
const BODIES: [name: string, body: string][] = [
  ['nothing but space', ' '],
  ['null', 'null'],
  ['a number', '1'],
  ['text', '"agent"'],
  ['true', 'true'],
  ['a list', '[]'],
  ['a list of objects', '[{}]'],
  ['an open object', '{'],
  ['an open string', '{"agentId":"'],
  ['a comma too many', '{"agentId":"a",}'],
  ['single quotes', "{'agentId':'a'}"],
  ['a comment', '{}//'],
  ['two objects', '{}{}'],
  ['NaN', '{"load":NaN}'],
  ['a byte order mark in the middle', '{\ufeff}'],
  ['a null byte', '{"agentId":"a"}\u0000'],
  ['an unknown field', '{"isAdmin":true}'],
  ['a name that stands twice', '{"agentId":"vps-1","agentId":"vps-2"}'],
  ['a name that stands twice, once escaped', '{"agentId":"vps-1","\\u0061gentId":"vps-2"}'],
  ['__proto__', '{"__proto__":{"kind":"admin"}}'],
  ['constructor', '{"constructor":{"prototype":{"kind":"admin"}}}'],
  ['toString', '{"toString":"x"}'],
  ['a field with a space', '{"agentId ":"vps-1"}'],
  ['a field with a look-alike', '{"аgentId":"vps-1"}'],
  ['a huge number', '{"agentId":1e999}'],
  ['a very deep list', `{"agentId":${'['.repeat(10_000)}${']'.repeat(10_000)}}`],
  ['very many fields', `{${Array.from({ length: 20_000 }, (_, i) => `"f${i}":1`).join()}}`],
  ['a body too large', `{"agentId":"${'x'.repeat(1_100_000)}"}`],
]

/** No agent has such a name. */
const NAMES = [
  '',
  ' ',
  'VPS-1',
  'vps_1',
  'vps.1',
  '-vps',
  'vps-',
  'a'.repeat(64),
  'vps 1',
  'vps\n1',
  'vps\r\nx',
  'vps\u0000',
  'vps\t1',
  '../etc',
  '..',
  '/',
  'a/b',
  'a%2fb',
  'a|b',
  'a,b',
  'a;b',
  "a'b",
  'a"b',
  'a`b',
  '$(id)',
  '$x',
  '{agentId}',
  'a\\b',
  '<b>',
  'a&b',
  'a=b',
  'a?b',
  'a#b',
  'a:b',
  'a@b',
  '*',
  '%',
  '~intents',
  'vps-１',
  'vрs-1',
  'vps‑1',
  'vps\u200b1',
  '\u202evps',
  'ａ',
  'é',
  '日本',
  '🦊',
  'xn--80ak6aa92e',
  'ab--cd',
  'admin',
  'api',
  'front',
  'www',
  'localhost',
  'mongodb',
]

const VALUES: [field: string, value: unknown][] = [
  ...NAMES.map((name): [string, unknown] => ['agentId', name]),
  ...[null, 1, true, [], {}, ['vps-9'], { $gt: '' }].map((value): [string, unknown] => ['agentId', value]),
  ...[
    null,
    1,
    '',
    'short',
    'with space in it',
    'x'.repeat(257),
    'ключ-ключ-ключ',
    'key\nkey-key',
    ['a-key-in-a-list'],
  ].map((value): [string, unknown] => ['agentKey', value]),
  ...[
    null,
    1,
    '',
    'localhost',
    '1.2.3',
    '1.2.3.4.5',
    '256.1.1.1',
    '01.2.3.4',
    '1.2.3.4/8',
    '1.2.3.4:80',
    '[::1]',
    '::1%eth0',
    'http://1.2.3.4',
    '1.2.3.4\n',
    '０.0.0.1',
  ].map((value): [string, unknown] => ['targetIp', value]),
  ...[1, '', 'x'.repeat(101), 'a\nb', 'a\u0000b', 'a\u2028b', '\u202eabc'].map((value): [string, unknown] => [
    'agentName',
    value,
  ]),
]

const HEADERS: Record<string, string>[] = [
  { authorization: 'Bearer' },
  { authorization: 'Bearer a b' },
  { authorization: `Bearer ${'x'.repeat(10_000)}` },
  { authorization: 'Basic YWRtaW46YWRtaW4=' },
  { authorization: `bearer ${'.'.repeat(500)}` },
  { 'x-agent-id': '../admin', 'x-agent-key': 'x' },
  { 'x-agent-id': 'vps-1', 'x-agent-key': '' },
  { 'x-agent-id': '__proto__', 'x-agent-key': 'a-key-of-the-first-agent' },
  { 'x-agent-id': 'a'.repeat(5_000), 'x-agent-key': 'x'.repeat(5_000) },
  { 'x-forwarded-for': '127.0.0.1', 'x-real-ip': '127.0.0.1' },
]

describe('hostile input', () => {
  let front: Harness
  let writes: { method: string; path: string; isPublic: boolean }[]
  let reads: string[]
  beforeAll(async () => {
    front = await harness({ keepOpen: true })
    await front.call('POST', '/api/agents/register', { body: AGENT, token: ENROLLMENT_TOKEN })
    const { paths } = (await front.call('GET', '/api/openapi.json')).body
    const operations = Object.entries<Record<string, { 'x-who': string }>>(paths).flatMap(([path, methods]) =>
      Object.entries(methods).map(([method, { 'x-who': who }]) => ({
        method: method.toUpperCase(),
        path: path
          .replace('{agentId}', 'vps-1')
          .replace('{id}', '0'.repeat(24))
          .replace(/\{\w+\}/, 'shop'),
        isPublic: who === 'everybody',
      })),
    )
    writes = operations.filter(({ method }) => method !== 'GET')
    reads = operations.filter(({ method, isPublic }) => method === 'GET' && !isPublic).map(({ path }) => path)
  })

  /** Whatever was asked, nothing of it may have been kept, but that it was refused. */
  const unchanged = async (attempt: () => Promise<void>) => {
    const kept = async () => (await front.kv.list('')).entries.filter(({ key }) => !key.startsWith('audit/'))
    const before = await kept()
    await attempt()
    expect(await kept()).toEqual(before)
  }

  const refused = (
    { status, body }: { status: number; body: { success: boolean; code: string; error: string } },
    what: unknown,
  ) => {
    expect([what, status]).toEqual([what, status >= 400 && status < 500 ? status : 'a 4xx'])
    expect(body).toMatchObject({
      success: false,
      code: expect.stringMatching(/^[A-Z_]+$/),
      error: expect.stringMatching(/\w \w/),
    })
  }

  it.each(BODIES)('%s as a body is refused by every write', (name, body) =>
    unchanged(async () => {
      expect(writes.length).toBeGreaterThan(6)
      for (const { method, path } of writes) {
        const answer = await front.call(method, path, { token: ADMIN_TOKEN, body })
        refused(answer, `${name}: ${method} ${path}`)
      }
    }),
  )

  it('no field of a registration takes what does not belong there', () =>
    unchanged(async () => {
      expect(VALUES.length).toBeGreaterThan(60)
      for (const [field, value] of VALUES) {
        const body = { ...AGENT, agentId: 'vps-9', [field]: value }
        refused(await front.call('POST', '/api/agents/register', { token: ENROLLMENT_TOKEN, body }), [field, value])
      }
    }))

  it('no path takes such a name', () =>
    unchanged(async () => {
      for (const name of NAMES) {
        const path = `/api/agents/${encodeURIComponent(name)}`
        for (const method of ['PATCH', 'DELETE']) {
          const answer = await front.call(method, path, {
            token: ADMIN_TOKEN,
            ...(method === 'PATCH' && { body: { targetIp: '192.0.2.7' } }),
          })
          refused(answer, `${method} ${path}`)
        }
      }
    }))

  it('no header opens a read', () =>
    unchanged(async () => {
      for (const headers of HEADERS) {
        for (const path of reads) refused(await front.call('GET', path, { headers }), [headers, path])
      }
    }))

  it.each([
    'limit=0',
    'limit=-1',
    'limit=1e9',
    'limit=0x10',
    'limit=1e1',
    'limit=%201',
    'limit=NaN',
    'limit=1001',
    'limit=1&limit=2',
    'cursor=%00',
    'cursor=%0a',
    'cursor=é',
    `cursor=${'x'.repeat(300)}`,
    'sort=name',
    '__proto__=1',
  ])('a list refuses ?%s', async (query) => {
    for (const path of ['/api/agents', '/api/tokens', '/api/audit'])
      refused(await front.call('GET', `${path}?${query}`, { token: ADMIN_TOKEN }), `${path}?${query}`)
  })
})
