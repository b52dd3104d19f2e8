import { createHash } from 'node:crypto'
import { Agent, createServer, request } from 'node:http'
import { connect as connectH2 } from 'node:http2'
import { createConnection } from 'node:net'
import { text } from 'node:stream/consumers'
import { connect as connectTls } from 'node:tls'
import { expect, it, onTestFinished } from 'vitest'
import { type HaproxyOptions, startHaproxy } from '../support/haproxy.ts'
import { exchange, get, seen } from '../support/http-clients.ts'
import { listen, startTarget } from '../support/targets.ts'

const HOST = 'a.apps.test'

const routedTo = (port: number): HaproxyOptions['maps'] => ({ hosts: { [HOST]: `http|127.0.0.1|${port}||` } })

const KEY = 'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=='

/** RFC 6455 4.2.2: HAProxy looks whether the target understood. */
const accepted = (key = '') => createHash('sha1').update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest('base64')

/** Agrees to a WebSocket, says what it saw of the request, and gives back what comes. */
const startWebSocketTarget = () =>
  listen(
    createServer().on('upgrade', (asked, socket) => {
      const accept = `Sec-WebSocket-Accept: ${accepted(asked.headers['sec-websocket-key'])}`
      const lines = ['HTTP/1.1 101 Switching Protocols', 'Upgrade: websocket', 'Connection: Upgrade', accept]
      socket.write(`${lines.join('\r\n')}\r\n\r\n`)
      socket.write(`hello ${asked.headers.connection}`)
      socket.pipe(socket)
    }),
  )

it('hands a connection over to a WebSocket', async () => {
  const haproxy = await startHaproxy({ maps: routedTo(await startWebSocketTarget()) })
  const socket = createConnection(haproxy.httpPort, '127.0.0.1')
  const lines = ['GET / HTTP/1.1', `Host: ${HOST}`, 'Connection: keep-alive, Upgrade, X-Forwarded-For']
  socket.write(`${[...lines, 'Upgrade: websocket', 'Sec-WebSocket-Version: 13', KEY].join('\r\n')}\r\n\r\n`)
  let came = ''
  for await (const chunk of socket) {
    came += chunk
    if (came.endsWith('hello upgrade')) socket.write(' and back')
    if (came.endsWith(' and back')) break
  }
  expect(came).toMatch(/^HTTP\/1\.1 101 /)
})

it('carries a WebSocket over HTTP/2', async () => {
  const haproxy = await startHaproxy({ maps: routedTo(await startWebSocketTarget()) })
  const session = connectH2(`http://127.0.0.1:${haproxy.httpPort}`)
  onTestFinished(() => session.destroy())
  await new Promise<void>((resolve) => session.on('remoteSettings', () => resolve()))
  const stream = session.request({
    ':method': 'CONNECT',
    ':protocol': 'websocket',
    ':scheme': 'http',
    ':authority': HOST,
    ':path': '/',
    'sec-websocket-version': '13',
  })
  let status: unknown
  stream.on('response', (headers) => (status = headers[':status']))
  let came = ''
  for await (const chunk of stream) {
    came += chunk
    if (came.endsWith('hello upgrade')) stream.write(' and back')
    if (came.endsWith(' and back')) break
  }
  expect(status).toBe(200)
})

it.each([
  ['all routes may', '', { ROUTE_MAXCONN: '3' }],
  ['this one may', '|agent1.0f|3', { ROUTE_MAXCONN: '2' }],
  ['all may, by the entry of a former version', 'b:agent1.0f:1', { ROUTE_MAXCONN: '3' }],
])('answers 503 where more requests of one route run than %s, and only there', async (_, end, values) => {
  const waiting: (() => void)[] = []
  let arrived = () => {}
  const slow = createServer((_, response) => {
    waiting.push(() => response.end('done'))
    if (waiting.length === 3) arrived()
  })
  const other = await startTarget('other')
  const haproxy = await startHaproxy({
    maps: {
      hosts: {
        [HOST]: `http|127.0.0.1|${await listen(slow)}||${end}`,
        'b.apps.test': `http|127.0.0.1|${other.port}||`,
      },
    },
    values,
  })
  // All on one connection: it is requests that count.
  const session = connectH2(`http://127.0.0.1:${haproxy.httpPort}`)
  onTestFinished(() => session.destroy())
  const ask = (host: string) => {
    const stream = session.request({ ':authority': host })
    return new Promise<Record<string, unknown>>((resolve) => stream.on('response', (headers) => resolve(headers)))
  }
  const allArrived = new Promise<void>((resolve) => (arrived = resolve))
  const running = [ask(HOST), ask(HOST), ask(HOST)]
  await allArrived

  expect(await ask(HOST)).toMatchObject({ ':status': 503, 'retry-after': '5' })
  expect((await get(haproxy.httpPort, { host: HOST })).body).toContain('Too many want this at once')
  expect(await ask('b.apps.test')).toMatchObject({ ':status': 200 })

  for (const answer of waiting.splice(0)) answer()
  for (const answer of await Promise.all(running)) expect(answer).toMatchObject({ ':status': 200 })
  const again = ask(HOST)
  while (waiting.length === 0) await new Promise((resolve) => slow.once('request', resolve))
  waiting[0]?.()
  expect(await again).toMatchObject({ ':status': 200 })
})

it('keeps counters by route, also where many requests share a connection', async () => {
  const target = await startTarget('own')
  const to = `http|127.0.0.1|${target.port}||`
  const haproxy = await startHaproxy({
    maps: {
      hosts: { [HOST]: `${to}|agent1.0f|`, 'b.apps.test': `${to}|agent1.1f|`, 'old.apps.test': to },
      split: { 'b.apps.test': '1' },
      paths: { 'b.apps.test/api/': `${to}b:agent1.2f:1|agent1.2f|` },
    },
  })
  for (let i = 0; i < 3; i++) await get(haproxy.httpPort, { host: i === 0 ? 'A.apps.test:80' : HOST })
  for (const path of ['/', '/api', '/api/x']) await get(haproxy.httpPort, { host: 'b.apps.test', path })
  await get(haproxy.httpPort, { host: 'old.apps.test' })
  await get(haproxy.httpPort, { host: 'unknown.apps.test' })
  const table = await haproxy.command('show table front_routes')
  expect(table).toMatch(/used:4\n/)
  for (const [key, requests] of [
    ['agent1.0f', 3],
    ['agent1.1f', 1],
    ['agent1.2f', 2],
    // Written by a former version.
    ['old.apps.test', 1],
  ]) {
    expect(table).toMatch(new RegExp(`key=${key} .*conn_cnt=${requests} conn_cur=0 `))
  }
})

it('cuts off who sends headers too slowly', async () => {
  const target = await startTarget('own')
  const haproxy = await startHaproxy({
    maps: routedTo(target.port),
    edit: (text) => text.replace('timeout http-request 10s', 'timeout http-request 100ms'),
  })
  expect(await exchange(haproxy.httpPort, `GET / HTTP/1.1\r\nHost: ${HOST}\r\nX-Slow: `)).toMatch(/^HTTP\/1\.1 408 /)
  expect(target.requests()).toBe(0)
})

it('speaks TLS 1.2 and 1.3, and nothing older', async () => {
  const target = await startTarget('own')
  const haproxy = await startHaproxy({ maps: routedTo(target.port) })
  const { ca } = haproxy.certificates
  const version = (minVersion: 'TLSv1' | 'TLSv1.2', maxVersion: 'TLSv1' | 'TLSv1.1' | 'TLSv1.2' | 'TLSv1.3') =>
    new Promise<string | null>((resolve) => {
      // OpenSSL itself offers the old versions only at level 0.
      const options = { minVersion, maxVersion, ciphers: 'ALL@SECLEVEL=0', ca, servername: HOST, host: '127.0.0.1' }
      const socket = connectTls({ port: haproxy.httpsPort, ...options })
      socket.on('secureConnect', () => resolve(socket.getProtocol()))
      socket.on('error', () => resolve(null))
      onTestFinished(() => void socket.destroy())
    })
  expect(await version('TLSv1', 'TLSv1.1')).toBe(null)
  expect(await version('TLSv1.2', 'TLSv1.2')).toBe('TLSv1.2')
  expect(await version('TLSv1.2', 'TLSv1.3')).toBe('TLSv1.3')
})

it('mixes up no two targets where connections are shared', async () => {
  const targets = await Promise.all(['t0', 't1', 't2', 't3'].map((name) => startTarget(name)))
  const hosts = Object.fromEntries(targets.map(({ port }, i) => [`t${i}.apps.test`, `http|127.0.0.1|${port}||`]))
  const haproxy = await startHaproxy({ maps: { hosts } })
  const agent = new Agent({ keepAlive: true, maxSockets: 3 })
  onTestFinished(() => agent.destroy())
  const ask = (name: string) =>
    new Promise<string>((resolve, reject) => {
      const headers = { host: `${name}.apps.test` }
      const sent = request({ host: '127.0.0.1', port: haproxy.httpPort, agent, headers }).end()
      sent.on('response', (response) => resolve(text(response))).on('error', reject)
    })
  const names = Array.from({ length: 400 }, (_, i) => `t${(i * 7 + (i >> 3)) % 4}`)
  const answers = await Promise.all(names.map((name) => ask(name)))
  expect(answers.map((answer) => JSON.parse(answer).target)).toEqual(names)
})

it('repeats only what may be repeated, when a target drops a connection', async () => {
  let asked = 0
  const dropping = createServer((request) => {
    asked++
    request.socket.destroy()
  })
  const haproxy = await startHaproxy({ maps: routedTo(await listen(dropping)) })
  for (const [method, times] of [
    ['GET', 2],
    ['HEAD', 2],
    ['POST', 1],
    ['PUT', 1],
    ['DELETE', 1],
    ['PATCH', 1],
  ] as const) {
    asked = 0
    const { status } = await get(haproxy.httpPort, { host: HOST, method, body: method === 'GET' ? undefined : 'x' })
    expect([method, status, asked]).toEqual([method, 502, times])
  }
})

it('shows its figures to this machine without a word of its version', async () => {
  const haproxy = await startHaproxy()
  const page = await get(haproxy.statsPort, { host: 'localhost' })
  expect(page.status).toBe(200)
  expect(page.body).not.toMatch(/version \d/i)
  const withPassword = await startHaproxy({ values: { STATS_AUTH: 'admin:a-password' } })
  const authorization = `Basic ${btoa('admin:a-password')}`
  expect((await get(withPassword.statsPort, { host: 'x' })).status).toBe(401)
  expect((await get(withPassword.statsPort, { host: 'x', headers: { authorization } })).status).toBe(200)
})

it('carries a body whole in both directions', async () => {
  const echo = createServer((request, response) => request.pipe(response))
  const haproxy = await startHaproxy({ maps: routedTo(await listen(echo)) })
  const body = 'x'.repeat(1_000_000)
  expect((await get(haproxy.httpPort, { host: HOST, method: 'POST', body })).body).toBe(body)
  await expect(seen(haproxy.httpPort, { host: 'nobody.apps.test' })).rejects.toThrow('404')
})
