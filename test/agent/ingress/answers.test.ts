import { once } from 'node:events'
import { createServer, type Socket } from 'node:net'
import { describe, expect, it, onTestFinished } from 'vitest'
import type { Limits } from '../../../agent/ingress/limits.ts'
import { createCertificates } from '../../support/haproxy-certificates.ts'
import { listen } from '../../support/targets.ts'
import { appRoute, frontAt, http1At, startIngress } from './support.ts'

/** An app that answers the nth request with the nth of these, byte by byte as they stand; and the ingress before it. */
async function start(serve: (socket: Socket, turn: number) => void, limits: Partial<Limits> = {}) {
  let turn = 0
  let connections = 0
  const heard: string[] = []
  const server = createServer((socket) => {
    connections++
    socket.on('error', () => {})
    socket.on('data', (data) => {
      heard.push(String(data))
      serve(socket, turn++)
    })
  })
  const { ca, front, agent } = await createCertificates()
  const routes = [appRoute('a.test', http1At(await listen(server)))]
  const ingress = await startIngress({ ...(await agent()), ca }, routes, limits)
  return { ...frontAt(ingress.port, { ca, front }), stop: ingress.stop, heard, connections: () => connections }
}

const GET = 'GET / HTTP/1.1\r\nHost: a.test\r\n\r\n'
const LAST = 'GET / HTTP/1.1\r\nHost: a.test\r\nConnection: close\r\n\r\n'
const answering = (text: string) => (socket: Socket) => void socket.end(text, 'latin1')
const bodyOf = (answer: string) => answer.slice(answer.indexOf('\r\n\r\n') + 4)

describe('an answer', () => {
  it.each<[name: string, answer: string, wanted: RegExp]>([
    [
      'with a length',
      'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nab',
      /200 OK\r\nContent-Length: 2\r\n[\s\S]*\r\n\r\nab$/,
    ],
    [
      'in chunks',
      'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2;x=1\r\nab\r\n1\r\nc\r\n0\r\n\r\n',
      /\r\nab\r\n1\r\nc\r\n0/,
    ],
    [
      'with its lists in several lines',
      'HTTP/1.1 200 OK\r\nUpgrade: h2\r\nUpgrade: x\r\nTrailer: A\r\nTrailer: B\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nB: c\r\n\r\n',
      /Trailer: A\r\nTrailer: B\r\n[\s\S]*0\r\nB: c\r\n\r\n$/,
    ],
    ['that ends with its connection', 'HTTP/1.0 200 OK\r\n\r\nabc', /\r\nabc\r\n0\r\n/],
    ['without a body', 'HTTP/1.1 204 No Content\r\n\r\n', /^HTTP\/1.1 204 No Content\r\n/],
    [
      'after another that is none yet',
      'HTTP/1.1 103 Early Hints\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n',
      /^HTTP\/1.1 200/,
    ],
    [
      'with bytes beyond ASCII',
      'HTTP/1.1 200 OK\r\nX-A: \xe4\xff\r\nContent-Length: 1\r\n\r\n\xff',
      /X-A: \xc3?.*\r\n/,
    ],
  ])('%s is passed on', async (_, answer, wanted) => {
    const { say } = await start(answering(answer))
    expect(await say(LAST)).toMatch(wanted)
  })

  it.each<[name: string, answer: string]>([
    ['two lengths', 'HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\na'],
    ['a length and chunks', 'HTTP/1.1 200 OK\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\na'],
    ['a length that is none', 'HTTP/1.1 200 OK\r\nContent-Length: +1\r\n\r\na'],
    ['another coding', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\na'],
    ['a line that goes on', 'HTTP/1.1 200 OK\r\nX-A: b\r\n Content-Length: 1\r\n\r\na'],
    ['a space before the colon', 'HTTP/1.1 200 OK\r\nContent-Length : 1\r\n\r\na'],
    ['a bare line break', 'HTTP/1.1 200 OK\r\nX-A: b\nSet-Cookie: c\r\nContent-Length: 0\r\n\r\n'],
    ['no status', 'HTTP/1.1 OK\r\nContent-Length: 0\r\n\r\n'],
    ['another protocol', 'SSH-2.0-OpenSSH_9.2\r\n\r\n'],
    ['nothing', ''],
    ['a protocol that nobody asked for', 'HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\n'],
  ])('with %s is refused', async (_, answer) => {
    const { say } = await start(answering(answer))
    expect(await say(LAST)).toContain('HTTP/1.1 502')
  })

  it('is not waited for where it can be none, however it goes on', async () => {
    const { say } = await start((socket) => void socket.write('HTTP/1.1 200 OK\nContent-Length: 0\n\n'), {
      silentMs: 1_000,
    })
    expect(await say(LAST)).toContain('HTTP/1.1 502')
  })

  it.each<[name: string, answer: string]>([
    ['its length', 'HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nab'],
    ['its last chunk', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n'],
    ['the end of a chunk', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nabcd\r\n0\r\n\r\n'],
  ])('that breaks off before %s looks broken', async (_, answer) => {
    const { say } = await start(answering(answer))
    const came = await say(LAST)
    expect([came.includes('HTTP/1.1 502'), came.endsWith('0\r\n\r\n')]).toEqual([false, false])
    if (came.includes('Content-Length')) expect(bodyOf(came)).toHaveLength(2)
  })

  it('is read in whatever pieces it comes', async () => {
    const whole =
      'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTrailer: X-T\r\n\r\na\r\n0123456789\r\n0\r\nX-T: end\r\n\r\n'
    const { say } = await start(async (socket) => {
      for (const byte of whole) {
        socket.write(byte)
        await new Promise(setImmediate)
      }
    })
    const came = await say(LAST)
    expect(came.replaceAll(/\r\n[0-9a-f]+\r\n/g, '').replaceAll('\r\n', '')).toMatch(/0123456789.*X-T: end$/)
  })
})

describe('a request', () => {
  const OK = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok'

  it.each<[name: string, bytes: string]>([
    [
      'with a length and chunks',
      'POST / HTTP/1.1\r\nHost: a.test\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
    ],
    ['with two lengths', 'POST / HTTP/1.1\r\nHost: a.test\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab'],
    ['with another coding', 'POST / HTTP/1.1\r\nHost: a.test\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n'],
    ['with a hidden coding', 'POST / HTTP/1.1\r\nHost: a.test\r\nTransfer-Encoding: xchunked\r\n\r\n0\r\n\r\n'],
    ['with a space before the colon', 'POST / HTTP/1.1\r\nHost: a.test\r\nContent-Length : 1\r\n\r\na'],
    ['with bare line breaks', 'GET / HTTP/1.1\nHost: a.test\n\n'],
    ['without a host', 'GET / HTTP/1.1\r\n\r\n'],
    ['for a tunnel', 'CONNECT a.test:443 HTTP/1.1\r\nHost: a.test\r\n\r\n'],
    ['that is none', '\x16\x03\x01\x02'.repeat(9)],
  ])('%s reaches no app', async (_, bytes) => {
    const { say, heard } = await start((socket) => void socket.write(OK))
    const came = await say(bytes)
    expect([came === '' || came.includes('HTTP/1.1 400'), heard]).toEqual([true, []])
  })

  it('takes a connection that is there, and none that may be closed by now', async () => {
    const { say, heard, connections } = await start((socket) => void socket.write(OK))
    await say(GET, GET, LAST)
    expect([connections(), heard.length]).toEqual([1, 3])
  })

  it('is repeated when a kept connection turns out to be closed, unless it may have had an effect', async () => {
    const { say, heard, connections } = await start((socket, turn) => {
      if (turn === 1 || turn === 3) socket.destroy()
      else socket.write(OK)
    })
    expect((await say(GET, LAST)).split('200 OK')).toHaveLength(3)
    expect([connections(), heard.length]).toEqual([2, 3])
    const post = GET.replace('GET', 'POST').replace('\r\n\r\n', '\r\nConnection: close\r\nContent-Length: 1\r\n\r\nx')
    expect(await say(post)).toContain('HTTP/1.1 502')
  })

  it('waits for nobody who does not fetch what was asked before on the same connection', {
    timeout: 10_000,
  }, async () => {
    const [chunk, asked] = ['x'.repeat(30_000), 'GET /unfetched']
    const answer = `HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n7530\r\n${chunk}\r\n0\r\n\r\n`
    const { open, say, heard } = await start(
      (socket, turn) => void socket.write(heard[turn]?.startsWith(asked) ? answer : OK),
    )
    const warnings: Error[] = []
    const onWarning = (warning: Error) => void warnings.push(warning)
    process.on('warning', onWarning)
    onTestFinished(() => void process.off('warning', onWarning))
    open().write(GET.replace('GET /', asked).repeat(200))
    for (let [before, times] = [0, 0]; times < 3; times++) {
      expect(await say(LAST)).toContain('200 OK')
      const unfetched = heard.filter((each) => each.startsWith(asked)).length
      if (unfetched > before) times = 0
      before = unfetched
    }
    expect(warnings).toEqual([])
  })

  it('is answered in words when an app takes too long, and its connection is closed', async () => {
    let closed = false
    const { say } = await start((socket) => void socket.on('close', () => (closed = true)), { silentMs: 100 })
    expect(await say(LAST)).toMatch(/^HTTP\/1.1 504[\s\S]*did not answer in time/)
    await expect.poll(() => closed).toBe(true)
  })

  it('passes its body on as it comes, and is over when the app has answered without it', async () => {
    const { say } = await start((socket) => void socket.end('HTTP/1.1 413 Too Large\r\nContent-Length: 0\r\n\r\n'))
    const head = 'POST / HTTP/1.1\r\nHost: a.test\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n'
    expect(await say(`${head}5\r\nhello\r\n`)).toContain('HTTP/1.1 413 Too Large')
  })

  it('keeps nobody waiting who wants to stop, once it is answered', async () => {
    const { open, stop } = await start((socket) => void socket.write(OK), { stopMs: 3_600_000 })
    const socket = open()
    socket.write(GET)
    await once(socket, 'data')
    await Promise.all([stop(), once(socket, 'close')])
  })
})

it('brings what an app says together with its agreement to another protocol', async () => {
  const agreement = 'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\nhello'
  const { open } = await start((socket) => void socket.write(agreement))
  const socket = open()
  socket.write('GET / HTTP/1.1\r\nHost: a.test\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n')
  let came = ''
  for await (const bytes of socket) {
    came += bytes
    if (came.includes('hello')) break
  }
  expect(came).toMatch(/^HTTP\/1.1 101 [\s\S]*\r\n\r\nhello$/)
})
