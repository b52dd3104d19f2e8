import { once } from 'node:events'
import { createServer as createHttp, type IncomingMessage } from 'node:http'
import { type ClientHttp2Stream, connect as connectH2 } from 'node:http2'
import { createConnection, createServer, type Socket } from 'node:net'
import { expect, it, onTestFinished } from 'vitest'
import { startH2Target } from '../../support/h2-target.ts'
import { createCertificates } from '../../support/haproxy-certificates.ts'
import { listen, startTarget } from '../../support/targets.ts'
import { appRoute, frontAt, h2cAt, http1At, startIngress } from './support.ts'

const HEAD = 'Host: a.test\r\nConnection: close\r\n'
const CHUNKED = `POST / HTTP/1.1\r\n${HEAD}Transfer-Encoding: chunked\r\n\r\n2\r\nab\r\n0\r\n`

async function start(...routes: Parameters<typeof startIngress>[1]) {
  const { ca, front, agent } = await createCertificates()
  const ingress = await startIngress({ ...(await agent()), ca }, routes, { strangers: 5 })
  return { ingress, ...frontAt(ingress.port, { ca, front }) }
}

it('ends what HTTP/2 has no place for alone, and nothing else', async () => {
  const service = await startH2Target('service')
  const { say } = await start(appRoute('a.test', h2cAt(service.port)))
  const twice = (line: string) => `GET / HTTP/1.1\r\n${HEAD}${line}\r\n${line}\r\n\r\n`
  for (const line of ['User-Agent: x', 'Content-Type: x', 'Date: x'])
    expect([line, await say(twice(line))]).toEqual([line, expect.stringContaining('HTTP/1.1 400')])
  for (const trailer of ['Connection: x', 'Keep-Alive: x', 'TE: x', 'HTTP2-Settings: x', 'Etag: x\r\nEtag: x']) {
    const came = await say(`${CHUNKED}${trailer}\r\n\r\n`)
    expect([trailer, came]).toEqual([trailer, expect.stringMatching(/^HTTP\/1.1 (200|502)/)])
  }
  expect(await say(`${CHUNKED}\r\n`)).toMatch(/^HTTP\/1.1 200[\s\S]*service:ab/)
})

it('waits for no app of HTTP/2 that has ended its connection', async () => {
  const app = createServer({ allowHalfOpen: true }, (socket) => void socket.on('data', () => socket.end()))
  const { say } = await start(appRoute('a.test', h2cAt(await listen(app))))
  for (let i = 0; i < 2; i++) expect(await say(`GET / HTTP/1.1\r\n${HEAD}\r\n`)).toContain('HTTP/1.1 502')
})

it('gives the front no trailers that HTTP/2 has no place for, and no header that nobody may have', async () => {
  const answers = ['Connection: x', 'Proxy-Connection: x', 'Etag: x\r\nEtag: x'].map(
    (trailer) =>
      `HTTP/1.1 200 OK\r\nTrailer: X\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n0\r\n${trailer}\r\n\r\n`,
  )
  const odd = 'HTTP/1.1 200 OK\r\nX-A: a\0b\r\nContent-Length: 0\r\n\r\n'
  const last = 'HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n'
  const queue = [...answers, odd, last]
  const app = createServer((socket) => void socket.on('data', () => socket.write(queue.shift() ?? '')))
  const { options } = await start(appRoute('a.test', http1At(await listen(app))))
  const session = connectH2('https://agent1.agents.test', { ...options, ALPNProtocols: ['h2'] })
  onTestFinished(() => session.destroy())
  const ask = async () => {
    const stream = session.request({ ':path': '/', ':authority': 'a.test' })
    stream.on('error', () => undefined)
    const [{ ':status': status }] = await once(stream.resume(), 'response')
    await closed(stream)
    return status
  }
  const statuses: number[] = []
  for (let i = queue.length; i > 0; i--) statuses.push(await ask())
  expect(statuses).toEqual([200, 200, 200, 502, 200])
})

it('waits once for whoever fetches an answer of many chunks slowly', async () => {
  const warnings: Error[] = []
  const onWarning = (warning: Error) => void warnings.push(warning)
  process.on('warning', onWarning)
  onTestFinished(() => void process.off('warning', onWarning))
  const chunks = `64\r\n${'x'.repeat(100)}\r\n`.repeat(10_000)
  const answer = `HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n${chunks}0\r\n\r\n`
  const app = createServer((socket) => void socket.on('data', () => socket.write(answer)))
  const { options } = await start(appRoute('a.test', http1At(await listen(app))))
  const session = connectH2('https://agent1.agents.test', { ...options, ALPNProtocols: ['h2'] })
  onTestFinished(() => session.destroy())
  let length = 0
  for await (const bytes of session.request({ ':path': '/', ':authority': 'a.test' })) length += bytes.length
  expect([length, warnings]).toEqual([1_000_000, []])
})

it('hands no connection over in the middle of a body', async () => {
  const heard: string[] = []
  const app = createServer((socket) => void socket.on('data', (bytes) => heard.push(String(bytes))))
  const { say } = await start(appRoute('a.test', http1At(await listen(app))))
  const upgrade = 'Host: a.test\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n'
  for (const framing of ['Content-Length: 4\r\n\r\nGET ', 'Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n'])
    expect(await say(`POST / HTTP/1.1\r\n${upgrade}${framing}`)).toContain('HTTP/1.1 400')
  expect(heard).toEqual([])
})

it('shows no app a body as whole that was cut off', async () => {
  const bodies: string[] = []
  const plain = createHttp((request: IncomingMessage) => {
    request.on('error', () => undefined)
    request.once('data', () => request.on('close', () => bodies.push(request.complete ? 'whole' : 'cut')))
    request.resume().on('data', () => cut())
  })
  const { options } = await start(appRoute('a.test', http1At(await listen(plain))))
  const session = connectH2('https://agent1.agents.test', { ...options, ALPNProtocols: ['h2'] })
  let cut = () => {}
  for (const which of ['a stream', 'all'] as const) {
    const stream = session.request({ ':method': 'POST', ':path': '/', ':authority': 'a.test' }, { endStream: false })
    stream.on('error', () => undefined)
    cut = () => (which === 'all' ? session : stream).destroy()
    stream.write('half of it')
    await closed(stream)
  }
  await expect.poll(() => bodies).toEqual(['cut', 'cut'])
})

it('finds the app of a request that names its whole address', async () => {
  const [app, part] = [await startTarget('app'), await startTarget('part')]
  const { say } = await start(appRoute('a.test', http1At(app.port)), appRoute('a.test', http1At(part.port), '/part/'))
  const ask = (address: string) => say(`GET ${address} HTTP/1.1\r\n${HEAD}\r\n`)
  expect(await ask('http://a.test/part/x?y')).toMatch(/"target":"part"[\s\S]*"url":"\/part\/x\?y"/)
  expect(await ask('HTTPS://A.test?y')).toMatch(/"target":"app"[\s\S]*"url":"\/\?y"/)
  for (const other of ['http://b.test/', 'http://u@a.test/', 'ftp://a.test/', 'part/x', 'http:///part/'])
    expect([other, await ask(other)]).toEqual([other, expect.stringMatching(/^$|^HTTP\/1.1 400/)])
})

it('lets the front in while strangers hold all the connections that they may have', async () => {
  const app = await startTarget('app')
  const { ingress, say } = await start(appRoute('a.test', http1At(app.port)))
  const stranger = (): Socket => {
    const socket = createConnection({ port: ingress.port, host: '127.0.0.1' }).on('error', () => undefined)
    onTestFinished(() => void socket.destroy())
    return socket.resume()
  }
  const strangers = Array.from({ length: 5 }, stranger)
  const gone = once(strangers[0] as Socket, 'close')
  await Promise.all(strangers.map((socket) => once(socket, 'connect')))
  expect(await say(`GET / HTTP/1.1\r\n${HEAD}\r\n`)).toContain('HTTP/1.1 200')
  await gone
})

const closed = (stream: ClientHttp2Stream) => new Promise((resolve) => stream.once('close', resolve))
