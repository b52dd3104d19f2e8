import { once } from 'node:events'
import { createServer, type IncomingMessage } from 'node:http'
import { createConnection, type Socket } from 'node:net'
import { buffer } from 'node:stream/consumers'
import fc from 'fast-check'
import { expect, it, onTestFinished } from 'vitest'
import { createCertificates } from '../../support/haproxy-certificates.ts'
import { listen } from '../../support/targets.ts'
import { appRoute, frontAt, http1At, startIngress } from './support.ts'

/** What of a request must not differ, by whatever way it came. */
interface Heard {
  asked: string
  headers: string[]
  /** `null`: it did not come to its end. */
  body: string | null
  trailers: string[]
}

const OF_ONE_CONNECTION =
  /^(connection|keep-alive|proxy-connection|te|transfer-encoding|upgrade|http2-settings|expect)$/i

/** An app of Node's own server, and the ingress before it. */
async function start() {
  let heard: Heard[] = []
  const server = createServer(async (request: IncomingMessage, response) => {
    const { method, url, rawHeaders } = request
    const own: Heard = { asked: `${method} ${url}`, headers: [], body: null, trailers: [] }
    heard.push(own)
    for (let i = 0; i < rawHeaders.length; i += 2)
      if (!OF_ONE_CONNECTION.test(rawHeaders[i] ?? '')) own.headers.push(`${rawHeaders[i]}: ${rawHeaders[i + 1]}`)
    const body = await buffer(request).catch(() => null)
    if (body === null) return
    own.body = body.toString('latin1')
    own.trailers = request.rawTrailers
    response.end('ok')
  })
  const port = await listen(server)
  const { ca, front, agent } = await createCertificates()
  const ingress = await startIngress({ ...(await agent()), ca }, [appRoute('a.test', http1At(port))])
  const { open } = frontAt(ingress.port, { ca, front })
  const direct = () => {
    const socket = createConnection({ port, host: '127.0.0.1' }).on('error', () => undefined)
    onTestFinished(() => void socket.destroy())
    return socket
  }
  /** What the app has heard when the connection is closed, and what came back. */
  const listenTo = async (socket: Socket, write: (socket: Socket) => unknown) => {
    heard = []
    let answer = ''
    socket.on('data', (bytes) => {
      answer += bytes
    })
    const closed = once(socket, 'close')
    await write(socket)
    await closed
    return { heard: heard.filter(({ body }) => body !== null), answer }
  }
  const through = (bytes: string) => listenTo(open(), (socket) => socket.write(bytes, 'latin1'))
  return {
    through,
    open,
    listenTo,
    direct: (bytes: string) => listenTo(direct(), (socket) => socket.write(bytes, 'latin1')),
  }
}

const LAST = 'GET /last HTTP/1.1\r\nHost: a.test\r\nConnection: close\r\n\r\n'
/** Behind it, so that nobody waits for what a wrong length takes for more of a body. */
const NOISE = 'x y z\r\n\r\n'.repeat(30)

const line = fc.constantFrom(
  'X-A: b',
  'x-a:\t b \t',
  'X-A:',
  'X-A: \xe4\xa0',
  'Content-Length: 4',
  'Content-Length: 4\xa0',
  'Content-Length: 04',
  'Content-Length: +4',
  'Content-Length: 4, 4',
  'content-length: 0',
  'Content-Length : 4',
  'Transfer-Encoding: chunked',
  'Transfer-Encoding: Chunked',
  'Transfer-Encoding:\tchunked ',
  'Transfer-Encoding: \x0bchunked',
  'Transfer-Encoding: identity',
  'Transfer-Encoding: gzip, chunked',
  'X-A: b\r\n folded',
  'X-A: b\nContent-Length: 4',
  'X-A: b\rContent-Length: 4',
  ' Content-Length: 4',
  'X A: b',
  ': b',
  'X-A: a\0b',
  'Connection: content-length, host',
  'Connection: transfer-encoding',
  'Connection: keep-alive',
  'Upgrade: h2c',
  'Host: a.test',
  'Expect: 100-continue',
)
const body = fc.constantFrom(
  '',
  'abcd',
  '4\r\nabcd\r\n0\r\n\r\n',
  '4;x=y\r\nabcd\r\n0\r\nX-T: u\r\n\r\n',
  '4\r\nabcd\r\n00\r\n\r\n',
  '0x4\r\nabcd\r\n0\r\n\r\n',
  '4\nabcd\n0\n\n',
  '4\r\nabcde\r\n0\r\n\r\n',
  '-4\r\nabcd\r\n0\r\n\r\n',
  '4\r\nabcd\r\n0\r\nContent-Length: 4\r\nbad\r\n\r\n',
  '10000000000000004\r\nabcd\r\n0\r\n\r\n',
)
const first = fc.constantFrom(
  'POST / HTTP/1.1',
  'GET /?a=b HTTP/1.1',
  'PUT /x HTTP/1.0',
  'HEAD / HTTP/1.1',
  'POST  / HTTP/1.1',
  'POST / HTTP/1.1 ',
  'POST / HTTP/2.0',
  'POST /\x7f HTTP/1.1',
  'POST / http/1.1',
)
const message = fc
  .tuple(first, fc.array(line, { maxLength: 3 }), body)
  .map(([start, lines, rest]) => `${[start, 'Host: a.test', ...lines].join('\r\n')}\r\n\r\n${rest}`)

it('lets an app hear nothing but what it would have heard without the ingress', async () => {
  const { through, direct } = await start()
  await fc.assert(
    fc.asyncProperty(fc.array(message, { minLength: 1, maxLength: 2 }), async (messages) => {
      const bytes = messages.join('') + LAST + NOISE
      const by = await through(bytes)
      const without = await direct(bytes)
      expect(by.heard).toEqual(without.heard.slice(0, by.heard.length))
      expect(by.answer.split('HTTP/1.1 200').length - 1).toBe(by.heard.length)
    }),
    { numRuns: 60 },
  )
})

it('hears the same in whatever pieces it comes', async () => {
  const { open, listenTo } = await start()
  const chunked =
    'POST /a HTTP/1.1\r\nHost: a.test\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n2\r\ncd\r\n0\r\nX-T: u\r\n\r\n'
  const long = 'POST /b HTTP/1.1\r\nHost: a.test\r\nContent-Length: 4\r\n\r\nabcd'
  const { heard } = await listenTo(open(), async (socket) => {
    for (const byte of chunked + long + LAST) {
      socket.write(byte)
      await new Promise(setImmediate)
    }
  })
  expect(heard.map(({ asked, body: own, trailers }) => [asked, own, trailers])).toEqual([
    ['POST /a', 'abcd', ['X-T', 'u']],
    ['POST /b', 'abcd', []],
    ['GET /last', '', []],
  ])
})

it('lets nobody take out by Connection what says where a message ends and whom it is for', async () => {
  const { through } = await start()
  const head = 'POST / HTTP/1.1\r\nHost: a.test\r\nX-Own: x\r\nX-Forwarded-For: 1.2.3.4\r\nContent-Length: 4\r\n'
  const { heard } = await through(`${head}Connection: content-length, X-Own, host, x-forwarded-for\r\n\r\nabcd${LAST}`)
  expect(heard.map(({ asked }) => asked)).toEqual(['POST /', 'GET /last'])
  expect(heard[0]).toMatchObject({
    headers: ['Host: a.test', 'X-Forwarded-For: 1.2.3.4', 'Content-Length: 4'],
    body: 'abcd',
  })
})

it('answers who speaks HTTP/1.0 without chunks, and goes by an upgrade to HTTP/2', async () => {
  const { through } = await start()
  const { answer } = await through('GET / HTTP/1.0\r\nHost: a.test\r\n\r\n')
  expect(answer).toMatch(/^HTTP\/1.1 200[\s\S]*Connection: close\r\n\r\nok$/)
  const upgrade = 'Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQAAP__\r\n'
  const posted = await through(`POST / HTTP/1.1\r\nHost: a.test\r\n${upgrade}Content-Length: 4\r\n\r\nabcd${LAST}`)
  expect(posted.heard.map(({ body: own }) => own)).toEqual(['abcd', ''])
})
