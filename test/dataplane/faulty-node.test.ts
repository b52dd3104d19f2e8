/** A node that does what a network and a broken process may do, on a real socket. */
import { once } from 'node:events'
import { createServer, type IncomingMessage, type RequestListener, type Server, type ServerResponse } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { inspect } from 'node:util'
import { Hono } from 'hono'
import { describe, expect, it, onTestFinished } from 'vitest'
import { createDataPlane } from '../../shared/dataplane/client.ts'
import { createNodeFetch } from '../../shared/lib/node-fetch.ts'
import { freePort } from '../support/ports.ts'
import { certificateFor, failure } from './site.ts'

const LOGIN = { username: 'admin', password: 'very-secret' }

async function listening<T extends Server>(server: T): Promise<number> {
  onTestFinished(() => {
    server.close()
    server.closeAllConnections()
  })
  await once(server.listen(0, '127.0.0.1'), 'listening')
  return (server.address() as AddressInfo).port
}

/** A client of a node that behaves so, by this fetch, and what the node was asked. */
async function node(listener: RequestListener, how: 'of the platform' | 'of ours' = 'of the platform') {
  const asked: IncomingMessage[] = []
  const port = await listening(
    createServer((request, response) => {
      asked.push(request)
      listener(request, response)
    }),
  )
  const ours = createNodeFetch()
  onTestFinished(ours.close)
  const fetch = how === 'of ours' ? ours.fetch : undefined
  const dataPlane = createDataPlane({ url: `http://127.0.0.1:${port}`, ...LOGIN, fetch, sleep: async () => {} })
  return { dataPlane, asked }
}

const cut = (_: IncomingMessage, response: ServerResponse) => void response.socket?.destroy()
const hang = () => {}
const halfway: RequestListener = (_, response) => {
  response.writeHead(200, { 'content-type': 'application/json', 'content-length': '1000' })
  response.write('[{"key":', () => response.socket?.destroy())
}
const answer =
  (status: number, body: string, type = 'application/json'): RequestListener =>
  (_, response) =>
    void response.writeHead(status, { 'content-type': type }).end(body)

describe.each(['of the platform', 'of ours'] as const)('with the fetch %s', (how) => {
  it.each<[string, RequestListener]>([
    ['cuts the connection', cut],
    ['stops halfway', halfway],
    ['answers with a page', answer(500, '<html>very broken</html>', 'text/html')],
    ['answers 200 with a page', answer(200, '<html>', 'text/html')],
    ['answers with broken JSON', answer(200, '[{"key"')],
    ['answers with another thing', answer(200, '{"a":1}')],
    ['sends elsewhere', (_, response) => void response.writeHead(302, { location: 'http://127.0.0.1:1/' }).end()],
  ])('a node that %s is unreachable', async (_, listener) => {
    const { dataPlane } = await node(listener, how)
    const error = await failure(dataPlane.mapEntries('m'), 'unreachable')
    expect(inspect(error, { depth: 9 })).not.toMatch(/very-secret|dmVyeS1zZWNyZXQ|authorization/i)
  })

  it('reads are tried again when the connection breaks', async () => {
    const { dataPlane, asked } = await node((request, response) => {
      asked.length < 3 ? cut(request, response) : answer(200, '7\n')(request, response)
    }, how)
    expect(await dataPlane.version()).toBe(7)
    expect(asked).toHaveLength(3)
  })

  it('writes that are not the same twice are sent once', async () => {
    const { dataPlane, asked } = await node(cut, how)
    const entry = { key: 'a', value: 'b' }
    await failure(dataPlane.setMapEntry('m', entry, { isNew: true }), 'unreachable')
    await failure(dataPlane.appendMapEntries('m', [entry]), 'unreachable')
    await failure(dataPlane.pushRaw('global\n', { version: 1, reload: 'now' }), 'unreachable')
    expect(asked.map(({ method }) => method)).toEqual(['POST', 'PUT', 'POST'])
  })

  it('a node that hangs is given up after the time for the call, once', async () => {
    const { dataPlane, asked } = await node(hang, how)
    const error = await failure(dataPlane.version({ timeoutMs: 30 }), 'unreachable')
    expect(error.message).toMatch(/did not answer in time/)
    expect(asked).toHaveLength(1)
  })

  it('a call ends with the signal of its caller', async () => {
    const controller = new AbortController()
    const { dataPlane } = await node(() => controller.abort(), how)
    const error = await failure(dataPlane.version({ signal: controller.signal }), 'unreachable')
    expect(error.message).toMatch(/was given up/)
    await failure(dataPlane.version({ signal: AbortSignal.abort() }), 'unreachable')
  })

  it('every call carries the login, and nothing else does', async () => {
    const { dataPlane, asked } = await node(answer(200, '7\n'), how)
    await dataPlane.version()
    expect(asked[0]?.headers.authorization).toBe(`Basic ${btoa('admin:very-secret')}`)
    expect(asked[0]?.url).toBe('/v3/services/haproxy/configuration/version')
    expect(inspect(dataPlane, { depth: 9 })).not.toContain('very-secret')
  })

  it('files go as they are', async () => {
    const bodies: string[] = []
    const { dataPlane } = await node((request, response) => {
      if (request.method === 'PUT') return answer(404, '{"code":404,"message":"missing object"}')(request, response)
      let body = ''
      request.setEncoding('utf8').on('data', (part) => {
        body += part
      })
      request.on('end', () => {
        bodies.push(body)
        answer(201, '{"file":"/n/m.map","storage_name":"m.map"}')(request, response)
      })
    }, how)
    expect(await dataPlane.storeMap('m.map', 'zürich b\n')).toEqual({ file: '/n/m.map', storage_name: 'm.map' })
    expect(bodies[0]).toMatch(/name="file_upload"; filename="m.map"[\s\S]*\r\n\r\nzürich b\n\r\n/)
  })
})

it('nobody listens: unreachable', async () => {
  const url = `http://127.0.0.1:${await freePort()}`
  const error = await failure(createDataPlane({ url, ...LOGIN, sleep: async () => {} }).version(), 'unreachable')
  expect(error.message).toBe(`${url} cannot be reached (ECONNREFUSED)`)
})

it('a CA of one’s own is believed, and no other', async () => {
  const { key, cert, ca } = await certificateFor('localhost')
  const port = await listening(createTlsServer({ key, cert }, answer(200, '7\n')))
  const client = (authority?: string) => {
    const { fetch, close } = createNodeFetch({ ca: authority })
    onTestFinished(close)
    return createDataPlane({ url: `https://localhost:${port}`, ...LOGIN, fetch, sleep: async () => {} })
  }
  expect(await client(ca).version()).toBe(7)
  await failure(client().version(), 'unreachable')
  await failure(client((await certificateFor('localhost')).ca).version(), 'unreachable')
})

it('a data plane in this process is called without a socket, and left alone when it hangs', async () => {
  const app = new Hono()
    .get('/v3/services/haproxy/configuration/version', (c) => c.json(7))
    .get('/v3/info', () => new Promise<Response>(() => {}))
  const dataPlane = createDataPlane({ url: 'http://embedded', ...LOGIN, fetch: (request) => app.fetch(request) })
  expect(await dataPlane.version()).toBe(7)
  await failure(dataPlane.info({ timeoutMs: 20 }), 'unreachable')
})
