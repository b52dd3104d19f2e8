import { once } from 'node:events'
import { createServer as createHttp, type IncomingMessage, type ServerResponse } from 'node:http'
import { type ClientHttp2Session, connect as connectH2, type IncomingHttpHeaders } from 'node:http2'
import { createServer, type Socket } from 'node:net'
import { buffer } from 'node:stream/consumers'
import { connect } from 'node:tls'
import fc from 'fast-check'
import { describe, expect, it, onTestFinished } from 'vitest'
import type { Limits } from '../../../agent/ingress/limits.ts'
import { createCertificates } from '../../support/haproxy-certificates.ts'
import { block, frame, numbers, openRawHttp2, PREFACE } from '../../support/raw-http2.ts'
import { listen } from '../../support/targets.ts'
import { appRoute, frontAt, http1At, startIngress } from './support.ts'

async function start(port: number, limits: Partial<Limits> = {}) {
  const { ca, front, agent } = await createCertificates()
  const ingress = await startIngress({ ...(await agent()), ca }, [appRoute('a.test', http1At(port))], {
    stopMs: 5_000,
    ...limits,
  })
  const { options } = frontAt(ingress.port, { ca, front })
  const session = (settings = {}): ClientHttp2Session => {
    const opened = connectH2('https://agent1.agents.test', { ...options, ALPNProtocols: ['h2'], settings })
    opened.on('error', () => {})
    onTestFinished(() => opened.destroy())
    return opened
  }
  return { ingress, options, session, raw: () => openRawHttp2(options) }
}

const name = fc.stringMatching(/^x-[a-z0-9!#$%&'*+.^_`|~-]{0,20}$/)
const value = fc.stringMatching(/^([\x21-\x7e\xa1-\xff]([\x20-\x7e\xa1-\xff]{0,300}[\x21-\x7e\xa1-\xff])?)?$/)
const fields = fc.dictionary(name, value, { maxKeys: 12 })
const chunks = fc.array(fc.uint8Array({ minLength: 1, maxLength: 40_000 }), { maxLength: 4 })

it('lets apps hear what was asked, and who asks what was answered, whatever the headers and windows', async () => {
  let answer: { fields: Record<string, string>; chunks: Uint8Array[]; trailers: Record<string, string> }
  let heard: { url: string; method: string; headers: NodeJS.Dict<string | string[]>; body: Buffer; trailers: object }
  const app = createHttp(async (request: IncomingMessage, response) => {
    const body = await buffer(request)
    const { url = '', method = '', headers, trailers } = request
    heard = { url, method, headers, body, trailers }
    const announced = Object.keys(answer.trailers).join(', ')
    response.writeHead(201, { ...answer.fields, ...(announced && { trailer: announced }) })
    for (const chunk of answer.chunks) response.write(chunk)
    response.addTrailers(answer.trailers)
    response.end()
  })
  const { session } = await start(await listen(app))
  const sessions = [session(), session({ initialWindowSize: 1_000 }), session({ headerTableSize: 0 })]
  const request = fc.record({
    path: fc.stringMatching(/^\/[a-z0-9%?&=._~-]{0,200}$/),
    fields,
    cookies: fc.array(fc.stringMatching(/^[a-z]=[a-z0-9]{1,20}$/), { maxLength: 3 }),
    chunks,
    trailers: fields,
  })
  const answered = fc.record({ fields, chunks, trailers: fields })
  await fc.assert(
    fc.asyncProperty(fc.nat(2), request, answered, async (which, asked, wanted) => {
      answer = wanted
      const own = { ':method': 'POST', ':path': asked.path, ':authority': 'a.test' }
      const cookies = asked.cookies.length > 0 ? { cookie: asked.cookies } : {}
      const stream = sessions[which]?.request({ ...own, ...asked.fields, ...cookies }, { waitForTrailers: true })
      if (!stream) throw new Error('no such session')
      stream.on('wantTrailers', () => stream.sendTrailers(asked.trailers))
      for (const chunk of asked.chunks) stream.write(chunk)
      stream.end()
      let trailers: IncomingHttpHeaders = {}
      stream.on('trailers', (came) => {
        trailers = came
      })
      const [head] = await once(stream, 'response')
      const body = await buffer(stream)
      expect(heard).toMatchObject({ url: asked.path, method: 'POST', trailers: asked.trailers })
      expect(heard.headers).toMatchObject({ host: 'a.test', ...asked.fields })
      expect(heard.headers.cookie).toBe(asked.cookies.length > 0 ? asked.cookies.join('; ') : undefined)
      expect(heard.body.equals(Buffer.concat(asked.chunks))).toBe(true)
      expect(head).toMatchObject({ ':status': 201, ...wanted.fields })
      expect(body.equals(Buffer.concat(wanted.chunks))).toBe(true)
      expect(trailers).toMatchObject(wanted.trailers)
    }),
    { numRuns: 150 },
  )
})

const SETTINGS = frame(4, 0, 0)
const OWN = { ':method': 'GET', ':scheme': 'https', ':path': '/', ':authority': 'a.test' }
const [END_STREAM, END_HEADERS] = [0x1, 0x4]
const ask = (id: number, more: Record<string, string> = {}, flags = END_STREAM | END_HEADERS) =>
  frame(1, flags, id, block({ ...OWN, ...more }))
const post = (length: string) => ask(1, { ':method': 'POST', 'content-length': length }, END_HEADERS)
const [PROTOCOL, FLOW, CLOSED, SIZE, REFUSED, COMPRESSION, CALM] = [1, 3, 5, 6, 7, 9, 11]
const startUnheard = async () => start(await listen(createServer((socket) => void socket.resume())))

describe('a connection that breaks the rules', () => {
  it.each<[name: string, code: number, ...frames: Uint8Array[]]>([
    ['speaks something else', PROTOCOL, Buffer.from('GET / HTTP/1.1\r\nHost: a.test\r\n\r\n')],
    ['begins without settings', PROTOCOL, PREFACE, ask(1)],
    ['has a frame that is too long', SIZE, PREFACE, SETTINGS, frame(0, 0, 1, Buffer.alloc(16_385))],
    ['has settings of a stream', PROTOCOL, PREFACE, frame(4, 0, 1)],
    ['has half a setting', SIZE, PREFACE, frame(4, 0, 0, Buffer.alloc(5))],
    ['agrees to settings at length', SIZE, PREFACE, SETTINGS, frame(4, 1, 0, Buffer.alloc(6))],
    ['has a window that is too large', FLOW, PREFACE, frame(4, 0, 0, Buffer.from([0, 4, 0x80, 0, 0, 0]))],
    ['has frames that are too small', PROTOCOL, PREFACE, frame(4, 0, 0, Buffer.from([0, 5, 0, 0, 1, 0]))],
    ['wants promises in a way there is not', PROTOCOL, PREFACE, frame(4, 0, 0, Buffer.from([0, 2, 0, 0, 0, 2]))],
    ['uses a number of the other side', PROTOCOL, PREFACE, SETTINGS, ask(2)],
    ['speaks of what never began', PROTOCOL, PREFACE, SETTINGS, frame(0, 0, 1, 'x')],
    ['resets what never began', PROTOCOL, PREFACE, SETTINGS, frame(3, 0, 1, numbers(0))],
    ['resets too briefly', SIZE, PREFACE, SETTINGS, ask(1), frame(3, 0, 1, 'abc')],
    ['pings too briefly', SIZE, PREFACE, SETTINGS, frame(6, 0, 0, 'abc')],
    ['pings on a stream', PROTOCOL, PREFACE, SETTINGS, frame(6, 0, 1, 'abcdefgh')],
    ['allows nothing', PROTOCOL, PREFACE, SETTINGS, frame(8, 0, 0, numbers(0))],
    ['allows too much', FLOW, PREFACE, SETTINGS, frame(8, 0, 0, numbers(0x7fffffff))],
    ['promises', PROTOCOL, PREFACE, SETTINGS, frame(5, END_HEADERS, 1, numbers(2))],
    ['goes on with nothing', PROTOCOL, PREFACE, SETTINGS, frame(9, END_HEADERS, 1)],
    ['interrupts a head', PROTOCOL, PREFACE, SETTINGS, ask(1, {}, END_STREAM), frame(6, 0, 0, 'abcdefgh')],
    ['goes on with the head of another', PROTOCOL, PREFACE, SETTINGS, ask(1, {}, 0), frame(9, END_HEADERS, 3)],
    ['never ends a head', CALM, PREFACE, SETTINGS, ask(1, {}, 0), ...Array.from({ length: 64 }, () => frame(9, 0, 1))],
    ['has a head that is too long', CALM, PREFACE, SETTINGS, ask(1, {}, 0), ...long(5)],
    ['has more padding than frame', PROTOCOL, PREFACE, SETTINGS, frame(1, 0x8 | 0x5, 1, Buffer.from([9, 0x82]))],
    ['names what no table has', COMPRESSION, PREFACE, SETTINGS, frame(1, 0x5, 1, Buffer.from([0xff, 0x00]))],
    ['names nothing', COMPRESSION, PREFACE, SETTINGS, frame(1, 0x5, 1, Buffer.from([0x80]))],
    ['ends in a text', COMPRESSION, PREFACE, SETTINGS, frame(1, 0x5, 1, Buffer.from([0x00, 0x05, 0x61]))],
    ['ends in a number', COMPRESSION, PREFACE, SETTINGS, frame(1, 0x5, 1, Buffer.from([0x00, 0x7f, 0xff]))],
    ['has an endless number', COMPRESSION, PREFACE, SETTINGS, frame(1, 0x5, 1, Buffer.from([0xff, ...ones(9), 1]))],
    ['names what was forgotten', COMPRESSION, PREFACE, SETTINGS, ask(1), frame(1, 0x5, 3, forgotten())],
    [
      'has a table that is too large',
      COMPRESSION,
      PREFACE,
      SETTINGS,
      frame(1, 0x5, 1, Buffer.from([0x3f, 0xff, 0x3f])),
    ],
    ['changes its table late', COMPRESSION, PREFACE, SETTINGS, frame(1, 0x5, 1, Buffer.from([0x82, 0x20]))],
    ['has the end in a text', COMPRESSION, PREFACE, SETTINGS, frame(1, 0x5, 1, Buffer.from([0, 0x84, ...ones(4), 0]))],
    ['has padding of zeros', COMPRESSION, PREFACE, SETTINGS, frame(1, 0x5, 1, Buffer.from([0, 0x81, 0b00011_000, 0]))],
    ['has too much padding', COMPRESSION, PREFACE, SETTINGS, frame(1, 0x5, 1, Buffer.from([0, 0x82, 0x1f, 0xff, 0]))],
    ['says one long thing a thousand times', COMPRESSION, PREFACE, SETTINGS, frame(1, 0x5, 1, bomb())],
  ])('is closed, and says why, when it %s', async (_, code, ...frames) => {
    const { raw } = await startUnheard()
    const { say, hears, closed } = raw()
    say(...frames)
    const goAway = await hears(({ type }) => type === 7)
    expect(goAway?.payload.readUInt32BE(4)).toBe(code)
    await closed
  })
})

describe('a stream that breaks the rules', () => {
  it.each<[name: string, code: number, ...frames: Uint8Array[]]>([
    ['has no path', PROTOCOL, frame(1, 0x5, 1, block({ ':method': 'GET', ':scheme': 'https' }))],
    ['has an empty path', PROTOCOL, ask(1, { ':path': '' })],
    ['has a method that is none', PROTOCOL, ask(1, { ':method': 'GET /x' })],
    ['has two paths', PROTOCOL, frame(1, 0x5, 1, block([...Object.entries(OWN), [':path', '/']]))],
    ['has something of HTTP/2 that there is not', PROTOCOL, ask(1, { ':own': 'x' })],
    [
      'has something of HTTP/2 behind the rest',
      PROTOCOL,
      frame(1, 0x5, 1, block([['x-a', 'b'], ...Object.entries(OWN)])),
    ],
    ['has a name in capitals', PROTOCOL, ask(1, { 'X-A': 'b' })],
    ['has no name', PROTOCOL, ask(1, { '': 'b' })],
    ['has a name with a colon', PROTOCOL, ask(1, { 'x-a:': 'b' })],
    ['has a name with a line in it', PROTOCOL, ask(1, { 'x-a: b\r\nx-b': 'c' })],
    ['has a value with a line in it', PROTOCOL, ask(1, { 'x-a': 'b\r\ncontent-length: 5' })],
    ['has a host with a line in it', PROTOCOL, ask(1, { ':authority': 'a.test\r\nx-a: b' })],
    ['has a path with a line in it', PROTOCOL, ask(1, { ':path': '/ HTTP/1.1\r\nx-a: b' })],
    ['is for two hosts', PROTOCOL, ask(1, { host: 'b.test' })],
    ['is of one connection', PROTOCOL, ask(1, { connection: 'close' })],
    ['is in chunks', PROTOCOL, ask(1, { 'transfer-encoding': 'chunked' })],
    ['is a tunnel to anywhere', PROTOCOL, frame(1, 0x5, 1, block({ ':method': 'CONNECT', ':authority': 'a.test:22' }))],
    ['is a tunnel of an unknown protocol', PROTOCOL, ask(1, { ':method': 'CONNECT', ':protocol': 'x' }, END_HEADERS)],
    ['has a length that is none', PROTOCOL, post('+4')],
    [
      'has two lengths',
      PROTOCOL,
      frame(1, 0x4, 1, block([...Object.entries(OWN), ['content-length', '4'], ['content-length', '4']])),
    ],
    ['has less than its length', PROTOCOL, post('5'), frame(0, END_STREAM, 1, 'abcd')],
    ['has nothing of its length', PROTOCOL, ask(1, { 'content-length': '4' })],
    ['has more than its length', PROTOCOL, post('3'), frame(0, 0, 1, 'abcd')],
    ['has trailers and no end', PROTOCOL, post('3'), frame(1, END_HEADERS, 1, block({ 'x-a': 'b' }))],
    ['has trailers that are none', PROTOCOL, ask(1, {}, END_HEADERS), frame(1, 0x5, 1, block({ ':path': '/' }))],
    ['goes on behind its end', CLOSED, ask(1), frame(0, 0, 1, 'abcd')],
    ['is allowed nothing', PROTOCOL, ask(1), frame(8, 0, 1, numbers(0))],
    ['is allowed too much', FLOW, ask(1), frame(8, 0, 1, numbers(0x7fffffff))],
  ])('is reset, and nothing else, when it %s', async (_, code, ...frames) => {
    const heard: string[] = []
    const app = createServer((socket) => {
      socket.on('error', () => {})
      socket.on('data', (bytes) => {
        heard.push(bytes.toString('latin1'))
        if (heard.at(-1)?.includes('/last')) socket.write('HTTP/1.1 204 No Content\r\n\r\n')
      })
    })
    const { raw } = await start(await listen(app))
    const { say, hears } = raw()
    say(PREFACE, SETTINGS, ...frames, ask(3, { ':path': '/last' }))
    const reset = await hears(({ type, id }) => type === 3 && id === 1)
    expect(reset?.payload.readUInt32BE(0)).toBe(code)
    expect(await hears(({ type, id }) => type === 1 && id === 3)).toMatchObject({ flags: END_STREAM | END_HEADERS })
    expect(heard.join('')).not.toMatch(/x-a|chunked|content-length: [^345]/)
  })
})

it('knows again what it heard before, until it was agreed that nothing is kept', async () => {
  const seen: (string | undefined)[] = []
  const app = createHttp((request, response) => {
    seen.push(request.headers['x-a']?.toString().slice(0, 2))
    response.end()
  })
  const { raw } = await start(await listen(app))
  const { say, hears } = raw()
  const own = block(OWN)
  const kept = (value: string) => Buffer.concat([Buffer.from([0x40]), block({ 'x-a': value }).subarray(1)])
  const again = (index: number) => Buffer.from([0x80 | (61 + index)])
  const asks = (id: number, ...parts: Uint8Array[]) => frame(1, 0x5, id, Buffer.concat([own, ...parts]))
  say(PREFACE, SETTINGS, asks(1, kept('1')), asks(3, kept('2')), asks(5, again(1)), asks(7, again(2)))
  // These leave no place for the first.
  say(asks(9, kept(`3${'x'.repeat(1_990)}`)), asks(11, kept(`4${'x'.repeat(1_990)}`)), asks(13, again(3)))
  expect(await hears(({ type, id }) => type === 1 && id === 13)).not.toBeNull()
  expect(seen.toSorted()).toEqual(['1', '1', '2', '2', '2', '3x', '4x'])
  say(frame(4, 1, 0), asks(15, again(1)))
  expect((await hears(({ type }) => type === 7))?.payload.readUInt32BE(4)).toBe(COMPRESSION)
})

it('takes no more of a body than its app does, and then all of it', async () => {
  const app = createHttp()
  const asked = once(app, 'request')
  const { session } = await start(await listen(app))
  const sent = Buffer.alloc(12 * 1024 * 1024, 'abcdefg')
  const stream = session().request({ ':method': 'POST', ':path': '/', ':authority': 'a.test' })
  let isSent = false
  stream.end(sent, () => {
    isSent = true
  })
  const [request, response] = (await asked) as [IncomingMessage, ServerResponse]
  request.pause()
  expect(isSent).toBe(false)
  expect((await buffer(request)).equals(sent)).toBe(true)
  response.end()
  await once(stream.resume(), 'close')
})

it('joins a WebSocket to its app, with what either says early, and ends it where one side has left', async () => {
  const app = createHttp()
  const upgraded = once(app, 'upgrade')
  const { raw } = await start(await listen(app))
  const { say, hears } = raw()
  const tunnel = { ':method': 'CONNECT', ':protocol': 'websocket' }
  say(PREFACE, SETTINGS, ask(1, tunnel, END_HEADERS), frame(0, 0, 1, 'early'))
  const [, socket] = (await upgraded) as [IncomingMessage, Socket]
  socket.on('error', () => {})
  const [early, ended] = [once(socket, 'data'), once(socket, 'end')]
  socket.write('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\nhello')
  expect(String((await hears(({ type }) => type === 0))?.payload)).toBe('hello')
  expect(String((await early)[0])).toBe('early')
  say(frame(3, 0, 1, numbers(8)))
  await ended
})

it('ends a tunnel whichever side has left, when the other breaks off', async () => {
  const app = createHttp()
  const { raw } = await start(await listen(app))
  for (const isAppFirst of [true, false]) {
    const { say, hears } = raw()
    const upgraded = once(app, 'upgrade')
    say(PREFACE, SETTINGS, ask(1, { ':method': 'CONNECT', ':protocol': 'websocket' }, END_HEADERS))
    const [, socket] = (await upgraded) as [IncomingMessage, Socket]
    const closed = new Promise((resolve) => socket.on('error', () => {}).once('close', resolve))
    socket.write('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n')
    await hears(({ type }) => type === 1)
    if (isAppFirst) socket.end()
    else say(frame(0, END_STREAM, 1))
    if (isAppFirst) await hears(({ type, flags }) => type === 0 && flags === END_STREAM)
    else await once(socket.resume(), 'end')
    say(frame(3, 0, 1, numbers(8)))
    // Nobody fetches it any more.
    if (!isAppFirst) socket.write(Buffer.alloc(4 * 1024 * 1024))
    await closed
  }
})

it('takes no 2xx for the agreement to a WebSocket', async () => {
  const app = createServer((socket) => void socket.on('data', () => socket.write(PLAIN_PAGE)))
  const { session } = await start(await listen(app))
  const asked = { ':method': 'CONNECT', ':protocol': 'websocket', ':path': '/', ':authority': 'a.test' }
  const opened = session()
  await once(opened, 'remoteSettings')
  const stream = opened.request(asked, { endStream: false })
  const [head] = await once(stream.resume(), 'response')
  expect(head[':status']).toBe(502)
  stream.close()
})

it('says no more than a head to who asks for no more', async () => {
  const { session } = await startUnheard()
  const stream = session().request({ ':method': 'HEAD', ':path': '/', ':authority': 'b.test' })
  const [head] = await once(stream, 'response')
  expect([head[':status'], (await buffer(stream)).length]).toEqual([404, 0])
})

it('ends an answer for which there is no room any more', async () => {
  const app = createHttp()
  const asked = once(app, 'request')
  const { raw } = await start(await listen(app))
  const { say, hears } = raw()
  say(PREFACE, SETTINGS, ask(1))
  const [, response] = (await asked) as [IncomingMessage, ServerResponse]
  response.write('some')
  await hears(({ type }) => type === 0)
  // The window is below zero from here on.
  say(frame(4, 0, 0, Buffer.from([0, 4, 0, 0, 0, 0])))
  await hears(({ type, flags }) => type === 4 && flags === 1)
  response.end()
  expect(await hears(({ type, flags }) => type === 0 && flags === END_STREAM)).not.toBeNull()
})

it('lets a long head go alone, as a long answer', async () => {
  const app = createHttp((_, response) => void response.writeHead(200, { 'x-long': 'y'.repeat(40_000) }).end('body'))
  const { session } = await start(await listen(app), { manyAtOnce: 1 })
  const opened = session()
  const leaves = once(opened, 'goaway')
  const stream = opened.request({ ':path': '/', ':authority': 'a.test' })
  const [head] = await once(stream, 'response')
  await leaves
  expect([head['x-long'].length, String(await buffer(stream))]).toEqual([40_000, 'body'])
})

it('brings heads of any length', async () => {
  const lengths = [0, 1, 126, 127, 128, 254, 255, 256, 16_384, 20_000]
  const wanted = Object.fromEntries(lengths.map((length) => [`x-${length}`, 'y'.repeat(length)]))
  const app = createHttp((_, response) => void response.writeHead(200, wanted).end())
  const { session } = await start(await listen(app))
  const stream = session().request({ ':path': '/', ':authority': 'a.test' }).resume()
  const [head] = await once(stream, 'response')
  expect(head).toMatchObject(wanted)
})

it('moves the front from HTTP/1.1 to HTTP/2 as soon as many ask at once', async () => {
  const app = createHttp((_, response) => void response.end('ok'))
  const { raw, options } = await start(await listen(app), { manyAtOnce: 2 })
  const both = { ...options, ALPNProtocols: ['h2', 'http/1.1'] }
  const old = connect(both)
  const ask1 = async () => {
    old.write('GET / HTTP/1.1\r\nHost: a.test\r\n\r\n')
    return String((await once(old, 'data'))[0])
  }
  expect([await ask1(), old.alpnProtocol]).toEqual([expect.not.stringContaining('Connection: close'), 'http/1.1'])

  const { say, hears } = raw()
  say(PREFACE, SETTINGS)
  for (let turn = 0; turn < 200; turn++) {
    const first = 1 + 20 * turn
    say(...Array.from({ length: 10 }, (_, i) => ask(first + 2 * i)))
    await hears(({ type, id }) => type === 1 && id === first + 18)
  }
  expect(await ask1()).toContain('Connection: close')
  await once(old, 'close')
  const next = connect(both)
  await once(next, 'secureConnect')
  expect(next.alpnProtocol).toBe('h2')
  next.destroy()
})

it('takes a hundred streams at once', async () => {
  const { raw } = await startUnheard()
  const { say, hears } = raw()
  say(PREFACE, SETTINGS, ...Array.from({ length: 101 }, (_, i) => ask(2 * i + 1)))
  const reset = await hears(({ type }) => type === 3)
  expect([reset?.id, reset?.payload.readUInt32BE(0)]).toEqual([201, REFUSED])
})

it('survives whatever is sent', async () => {
  const app = createHttp((request, response) => void request.resume().on('end', () => response.end('ok')))
  const { raw, session } = await start(await listen(app))
  const good = [
    PREFACE,
    SETTINGS,
    post('4'),
    frame(0, END_STREAM, 1, 'abcd'),
    ask(3),
    frame(6, 0, 0, 'abcdefgh'),
    ask(5),
  ]
  const bytes = Buffer.concat(good)
  const change = fc.tuple(fc.nat(bytes.length - 1), fc.nat(255))
  await fc.assert(
    fc.asyncProperty(fc.array(change, { minLength: 1, maxLength: 3 }), fc.nat(bytes.length), async (changes, cut) => {
      const changed = Buffer.from(bytes)
      for (const [at, byte] of changes) changed[at] = byte
      const { socket, closed } = raw()
      socket.end(changed.subarray(0, cut))
      await closed
    }),
    { numRuns: 150 },
  )
  const stream = session().request({ ':path': '/', ':authority': 'a.test' })
  expect(String(await buffer(stream))).toBe('ok')
})

it('lets what runs come to its end when it stops, and begins nothing more there', async () => {
  const app = createHttp()
  const asked = once(app, 'request')
  const { ingress, session } = await start(await listen(app))
  const opened = session()
  const stream = opened.request({ ':path': '/', ':authority': 'a.test' })
  const [, response] = await asked
  const stopped = ingress.stop()
  await once(opened, 'goaway')
  response.end('late')
  expect(String(await buffer(stream))).toBe('late')
  await stopped
})

function long(frames: number): Buffer[] {
  return Array.from({ length: frames }, () => frame(9, 0, 1, Buffer.alloc(16_000, 0x82)))
}
function ones(count: number): number[] {
  return Array.from({ length: count }, () => 0xff)
}
/** A header of 4,000 bytes that is kept, and said again by one byte each time. */
function bomb(): Buffer {
  const kept = block({ 'x-a': 'x'.repeat(4_000) })
  kept[0] = 0x40
  return Buffer.concat([kept, Buffer.alloc(1_000, 0xbe)])
}
/** Three headers, of which two are kept at a time. */
function forgotten(): Buffer {
  const kept = block([1, 2, 3].map((i): [string, string] => [`x-${i}`, 'x'.repeat(1_990)]))
  for (let i = 0; i < 3; i++) kept[(i * kept.length) / 3] = 0x40
  return Buffer.concat([kept, Buffer.from([0x80 | 64])])
}
const PLAIN_PAGE = 'HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nhtml'
