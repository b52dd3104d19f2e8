import { Agent, request } from 'node:http'
import { text } from 'node:stream/consumers'
import { expect, it, onTestFinished } from 'vitest'
import { type Haproxy, type HaproxyOptions, startHaproxy } from '../support/haproxy.ts'
import { exchange, getH2, seen } from '../support/http-clients.ts'
import { type Seen, startTarget } from '../support/targets.ts'

const HOST = 'a.apps.test'

async function start(maps: HaproxyOptions['maps'] = {}): Promise<Haproxy> {
  const target = await startTarget('own')
  return await startHaproxy({ maps: { hosts: { [HOST]: `http|127.0.0.1|${target.port}||` }, ...maps } })
}

async function seenRaw(haproxy: Haproxy, lines: string[], before = ''): Promise<Seen> {
  const head = ['GET / HTTP/1.1', `Host: ${HOST}`, ...lines].join('\r\n')
  const answer = await exchange(haproxy.httpPort, `${before}${head}\r\n\r\n`)
  return JSON.parse(answer.slice(answer.indexOf('{'), answer.lastIndexOf('}') + 1))
}

const OURS = { 'x-forwarded-for': '127.0.0.1', 'x-forwarded-proto': 'http', 'x-forwarded-host': HOST }

it('says itself where a request comes from, whatever the request says', async () => {
  const haproxy = await start()
  const said = [
    'Forwarded: for=1.2.3.4',
    'forwarded: for=1.2.3.4',
    'X-Forwarded-For: 1.2.3.4',
    'X-Forwarded-For: 5.6.7.8',
    'x-fOrwarded-for: 1.2.3.4',
    'X-Forwarded-Proto: https',
    'X-Forwarded-Host: b.apps.test',
    'X-Forwarded-Port: 1',
    'X-Forwarded-Prefix: /x',
    'X-Forwarded: x',
    'X_Forwarded_For: 1.2.3.4',
    'X-Forwarded_Proto: https',
    'X_FORWARDED-FOR: 1.2.3.4',
    'X-Real-IP: 1.2.3.4',
    'X_Real_Ip: 1.2.3.4',
    'X-Client-IP: 1.2.3.4',
    'X-Original-URL: /adm',
    'X-Rewrite-URL: /adm',
    'X-Front-Secret: guess',
    'X_Front_Secret: guess',
    'Proxy: http://evil.test',
  ]
  const { headers } = await seenRaw(haproxy, [...said, 'X-Own: stays', 'Connection: close'])
  expect(headers).toEqual({ host: HOST, 'x-own': 'stays', ...OURS })

  const { ca } = haproxy.certificates
  const byTls = await seen(haproxy.httpsPort, { host: HOST, ca, headers: { 'x-forwarded-proto': 'http' } })
  expect(byTls.headers).toMatchObject({ 'x-forwarded-proto': 'https', 'x-forwarded-host': HOST })
  const h2 = await getH2(haproxy.httpPort, { host: HOST, headers: { 'x-forwarded-for': '1.2.3.4', 'x-real-ip': '1' } })
  expect(JSON.parse(h2.body).headers).toMatchObject(OURS)
  expect(JSON.parse(h2.body).headers).not.toHaveProperty('x-real-ip')
})

it('lets nobody have a header dropped behind it', async () => {
  const haproxy = await start()
  for (const connection of [
    'close, X-Forwarded-For',
    'X-Forwarded-For, close',
    'close, host',
    'x-front-secret, close',
  ]) {
    const { headers } = await seenRaw(haproxy, [`Connection: ${connection}`, 'Keep-Alive: timeout=1'])
    expect([connection, headers]).toEqual([connection, { host: HOST, ...OURS }])
  }
})

it('lets nobody speak another protocol with a target, but for WebSockets', async () => {
  const haproxy = await start()
  for (const [upgrade, passed] of [
    ['h2c', undefined],
    ['H2C', undefined],
    ['foo, h2c', undefined],
    [['foo', 'h2c'], undefined],
    ['TLS/1.3', undefined],
    ['websocketx', undefined],
    ['WebSocket', 'websocket'],
    ['foo, websocket', 'websocket'],
    [['foo', 'websocket'], 'websocket'],
  ] as [string | string[], string | undefined][]) {
    for (const connection of ['Upgrade, HTTP2-Settings', 'upgrade', ['http2-settings', 'UPGRADE']]) {
      const key = { 'sec-websocket-key': 'dGhlIHNhbXBsZSBub25jZQ==' }
      const headers = { upgrade, connection, 'HTTP2-Settings': 'AAMAAABkAAQAAP__', ...key }
      const { headers: got } = await seen(haproxy.httpPort, { host: HOST, headers })
      expect([headers, got.upgrade, got.connection]).toEqual([headers, passed, passed && 'upgrade'])
      expect(got).not.toHaveProperty('http2-settings')
    }
  }
})

it('answers who would rather upgrade to HTTP/2 by HTTP/1.1, and refuses what HTTP/2 has in its place', async () => {
  const target = await startTarget('own', { speaks: 'h2c' })
  const haproxy = await start({ hosts: { [HOST]: `h2c|127.0.0.1|${target.port}||` } })
  const asking = { connection: 'Upgrade, HTTP2-Settings', upgrade: 'h2c', 'http2-settings': 'AAMAAABkAAQAAP__' }
  expect(await seen(haproxy.httpPort, { host: HOST, headers: asking })).toMatchObject({ version: '2.0' })

  const headers = { ':protocol': 'h2c', ':scheme': 'http' }
  // HAProxy itself ends the stream since 3.0.
  const refused = getH2(haproxy.httpPort, { host: HOST, method: 'CONNECT', headers }).then(
    ({ status }) => status,
    () => 405,
  )
  expect(await refused).toBe(405)
  expect(target.requests()).toBe(1)
})

it('tells the API by a secret that these headers are its own, and nobody else the secret', async () => {
  const [api, other] = [await startTarget('api'), await startTarget('other')]
  const haproxy = await startHaproxy({
    maps: {
      hosts: { [HOST]: `http|127.0.0.1|${other.port}||` },
      front: { secret: 'a-secret-of-this-start', revision: '12' },
    },
    values: { API_ADDRESS: `127.0.0.1:${api.port}` },
  })
  const { ca } = haproxy.certificates
  const headers = { 'x-front-secret': 'guess', 'x-forwarded-for': '1.2.3.4' }
  for (const question of [{ host: 'front.test' }, { host: 'FRONT.test:8080' }, { host: 'front.test.' }]) {
    const { target, headers: got } = await seen(haproxy.httpPort, { ...question, headers })
    expect(target).toBe('api')
    expect(got).toMatchObject({ 'x-front-secret': 'a-secret-of-this-start', 'x-forwarded-for': '127.0.0.1' })
  }
  expect(await seen(haproxy.httpsPort, { host: 'front.test', ca })).toMatchObject({ target: 'api' })
  expect((await seen(haproxy.httpPort, { host: HOST, headers })).headers).not.toHaveProperty('x-front-secret')
})

it('believes a load balancer that sets headers, up to the first address that is not trusted', async () => {
  const haproxy = await start({ trusted: { '127.0.0.1/32': 'headers', '10.0.0.0/8': 'headers' } })
  for (const [forwarded, proto, client, seenProto] of [
    ['203.0.113.9', 'https', '203.0.113.9', 'https'],
    ['1.1.1.1, 203.0.113.9', 'https', '203.0.113.9', 'https'],
    ['1.1.1.1, 203.0.113.9, 10.1.2.3', 'http', '203.0.113.9', 'http'],
    ['1.1.1.1, 203.0.113.9, 10.1.2.3, 10.1.2.4', 'evil', '203.0.113.9', 'http'],
    ['2001:db8::1', 'https', '2001:db8::1', 'https'],
    ['nonsense', 'https', '127.0.0.1', 'https'],
    ['1.1.1.1, unknown', 'https', '127.0.0.1', 'https'],
  ] as const) {
    const { headers } = await seenRaw(haproxy, [
      `X-Forwarded-For: ${forwarded}`,
      `X-Forwarded-Proto: ${proto}`,
      'Connection: close',
    ])
    expect([forwarded, headers]).toEqual([
      forwarded,
      expect.objectContaining({ 'x-forwarded-for': client, 'x-forwarded-proto': seenProto }),
    ])
  }
})

it('takes each request of a connection for its own client’s', async () => {
  const haproxy = await start({ trusted: { '127.0.0.1/32': 'headers' } })
  const agent = new Agent({ keepAlive: true, maxSockets: 1 })
  onTestFinished(() => agent.destroy())
  const clients: unknown[] = []
  for (const headers of [{ 'x-forwarded-for': '203.0.113.1' }, { 'x-forwarded-for': '203.0.113.2' }, {}]) {
    const sent = request({
      host: '127.0.0.1',
      port: haproxy.httpPort,
      agent,
      headers: { host: HOST, ...headers },
    }).end()
    const answer = await new Promise<string>((resolve) => sent.on('response', (response) => resolve(text(response))))
    clients.push(JSON.parse(answer).headers['x-forwarded-for'])
  }
  expect(clients).toEqual(['203.0.113.1', '203.0.113.2', '127.0.0.1'])
})

const PROXIED = 'PROXY TCP4 203.0.113.5 127.0.0.1 4000 80\r\n'

it('takes the PROXY protocol from a load balancer that is known for it, and from nobody else', async () => {
  const trusting = await start({ trusted: { '127.0.0.0/8': 'proxy' } })
  const { headers } = await seenRaw(trusting, ['X-Forwarded-For: 1.2.3.4', 'Connection: close'], PROXIED)
  expect(headers).toMatchObject({ 'x-forwarded-for': '203.0.113.5' })
  expect(await exchange(trusting.httpPort, `GET / HTTP/1.1\r\nHost: ${HOST}\r\n\r\n`)).toBe('')

  for (const trusted of [{}, { '127.0.0.1/32': 'headers' }] as Record<string, string>[]) {
    const haproxy = await start({ trusted })
    const answer = await exchange(haproxy.httpPort, `${PROXIED}GET / HTTP/1.1\r\nHost: ${HOST}\r\n\r\n`)
    expect(answer).toMatch(/^HTTP\/1\.1 400 /)
  }
})
