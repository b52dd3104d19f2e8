import { connect } from 'node:net'
import { text } from 'node:stream/consumers'
import { expect, it, onTestFinished } from 'vitest'
import { listen } from '../../functions/node/server.ts'
import { harness } from '../harness.ts'

async function listening() {
  const server = await listen((await harness()).app, { host: '127.0.0.1', port: 0 })
  onTestFinished(() => server.stop(0))
  return server
}

/** Bytes as a client sends them that does not care for rules; all that comes back. */
async function speak(port: number, bytes: string): Promise<{ head: string; body: string }> {
  const socket = connect(port, '127.0.0.1')
  socket.write(bytes)
  const [head = '', ...body] = (await text(socket)).split('\r\n\r\n')
  return { head, body: body.join('\r\n\r\n') }
}

it.each<[string, string, number, string]>([
  ['no HTTP at all', '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\r\n\r\n', 400, 'MALFORMED_REQUEST'],
  ['an unknown method', 'FETCH /api/health HTTP/1.1\r\nhost: a\r\n\r\n', 400, 'MALFORMED_REQUEST'],
  ['no host', 'GET /api/health HTTP/1.1\r\nconnection: close\r\n\r\n', 400, 'MALFORMED_REQUEST'],
  [
    'a host that is none',
    'GET /api/health HTTP/1.1\r\nhost: a b/c\r\nconnection: close\r\n\r\n',
    400,
    'MALFORMED_REQUEST',
  ],
  ['a path that is none', 'GET http://[/ HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n', 400, 'MALFORMED_REQUEST'],
  [
    'two lengths',
    'POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\nab',
    400,
    'MALFORMED_REQUEST',
  ],
  ['headers without end', `GET / HTTP/1.1\r\nhost: a\r\nx: ${'x'.repeat(20_000)}\r\n\r\n`, 431, 'HEADERS_TOO_LARGE'],
  ['TRACE', 'TRACE /api/health HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n', 405, 'METHOD_NOT_ALLOWED'],
  [
    'a path that climbs',
    'GET /api/docs/../../package.json HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n',
    404,
    'NOT_FOUND',
  ],
  ['broken percent signs', 'GET /api/%zz%2 HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n', 404, 'NOT_FOUND'],
  [
    'a body larger than it takes, without a length',
    `POST /api/health HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\ncontent-type: application/json\r\nconnection: close\r\n\r\n${`10000\r\n${' '.repeat(65_536)}\r\n`.repeat(20)}0\r\n\r\n`,
    413,
    'BODY_TOO_LARGE',
  ],
])('answers %s in JSON', async (_, bytes, status, code) => {
  const { port } = await listening()
  const { head, body } = await speak(port, bytes)
  expect(head).toMatch(new RegExp(`^HTTP/1.1 ${status} `))
  expect(JSON.parse(body)).toMatchObject({ success: false, code })
})

it('takes a body that breaks off for the client’s doing', async () => {
  const { app, logged } = await harness()
  const server = await listen(app, { host: '127.0.0.1', port: 0 })
  onTestFinished(() => server.stop(0))
  await speak(
    server.port,
    'POST /api/agents/authenticate HTTP/1.1\r\nhost: a\r\ncontent-type: application/json\r\ntransfer-encoding: chunked\r\n\r\n2\r\n{}\r\nzz\r\n',
  )
  await fetch(`http://127.0.0.1:${server.port}/api/health/live`)
  expect(logged.filter(({ level }) => level === 'error')).toEqual([])
})

it('lets requests that run finish when it stops, and takes no others', async () => {
  const { port, stop } = await listen((await harness()).app, { host: '127.0.0.1', port: 0 })
  const idle = connect(port, '127.0.0.1')
  const socket = connect(port, '127.0.0.1')
  socket.write('POST /nothing HTTP/1.1\r\nhost: a\r\ncontent-type: application/json\r\ncontent-length: 2\r\n\r\n{')
  // The other connection's answer shows that the server has read this one's beginning.
  await fetch(`http://127.0.0.1:${port}/api/health/live`)
  const stopped = stop(10_000)
  await expect(fetch(`http://127.0.0.1:${port}/api/health/live`)).rejects.toThrow()
  socket.write('}')
  expect(await text(socket)).toContain('HTTP/1.1 404 Not Found')
  await stopped
  idle.destroy()
})

it.each([
  [
    'EADDRINUSE',
    async () => ({ host: '127.0.0.1', port: (await listening()).port }),
    /^PORT \d+ is in use on 127\.0\.0\.1: stop/,
  ],
  [
    'EADDRNOTAVAIL',
    async () => ({ host: '192.0.2.1', port: 0 }),
    /^HOST 192\.0\.2\.1 is no address of this machine: set HOST/,
  ],
])('explains %s', async (_, place, sentence) => {
  await expect(listen((await harness()).app, await place())).rejects.toThrow(sentence)
})
