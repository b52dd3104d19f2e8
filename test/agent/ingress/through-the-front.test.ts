import { createHash, randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http'
import { buffer } from 'node:stream/consumers'
import { expect, it } from 'vitest'
import type { Ingress } from '../../../agent/ingress/ingress.ts'
import { ask } from '../../support/ask.ts'
import { openCall, openTunnel } from '../../support/h2-streams.ts'
import { startH2Target } from '../../support/h2-target.ts'
import { get, getH2 } from '../../support/http-clients.ts'
import { openWebSocket } from '../../support/load/echo.ts'
import { startNamedTarget } from '../../support/named-targets.ts'
import { putAll } from '../../support/option-routes.ts'
import { startRoutedFront } from '../../support/routed-front.ts'
import { listen } from '../../support/targets.ts'
import { appRoute, certificatesOf, h2cAt, http1At, startIngress } from './support.ts'

const MEGABYTE = 1024 * 1024
const PART = { pathPrefix: '/api/', stripPrefix: true, hostHeader: 'inside.test' }
const hashOf = (bytes: Buffer) => createHash('sha256').update(bytes).digest('hex')
const WAYS = { lane: { check: false }, backend: {}, h2: { protocol: 'h2', check: false } }

/** Tells what it saw, takes and gives large bodies, and never ends one answer. */
async function startApp() {
  const broken: string[] = []
  const server = createServer(async (request: IncomingMessage, response: ServerResponse) => {
    const { url = '', method, headers } = request
    response.on('close', () => response.writableFinished || broken.push(url))
    if (url === '/hash') return response.end(hashOf(await buffer(request)))
    if (url === '/big') return response.end(BIG)
    if (url === '/endless') {
      // HAProxy sees that a client has gone when there is something for it.
      const talking = setInterval(() => response.write('and on'), 20)
      return response.on('close', () => clearInterval(talking))
    }
    if (url === '/cut')
      return response.writeHead(200, { 'content-length': '9' }).write('only', () => response.destroy())
    if (url === '/nonsense')
      return request.socket.end('HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab')
    response.setHeader('set-cookie', ['a=1', 'b=2'])
    response.end(JSON.stringify({ url, method, headers }))
  })
  return { port: await listen(server), broken }
}

const BIG = randomBytes(12 * MEGABYTE)

it.each([
  ['few requests', 100],
  ['many', 1],
])(
  'brings everything to the apps and back, by the lane, by a backend, and by HTTP/2, where there are %s',
  {
    timeout: 120_000,
  },
  async (_, manyAtOnce) => {
    const front = await startRoutedFront()
    const { agent, ports, hostOf } = front
    const app = await startApp()
    const echo = await startNamedTarget('echo')
    const service = await startH2Target('service')
    const names = ['app', 'echo', 'service'].flatMap((name) => Object.keys(WAYS).map((way) => `${name}-${way}`))
    const upstreams = { app: http1At(app.port), echo: http1At(echo.port), service: h2cAt(service.port) }
    const routes = names.map((name) => appRoute(hostOf(name), upstreams[name.split('-')[0] as 'app']))
    const ingress = await startIngress(
      await certificatesOf(agent),
      [
        ...routes,
        appRoute(hostOf('parts'), http1At(app.port), '/api/'),
        appRoute(hostOf('parts'), http1At(echo.port)),
        appRoute(hostOf('off'), null),
      ],
      { manyAtOnce },
    )
    const targetUrl = `https://127.0.0.1:${ingress.port}`
    const through = (subdomain: string, options: object) => {
      return { subdomain, targetUrl, options: { through: 'agent', ...options } }
    }
    await putAll(front, [
      ...names.map((name) => through(name, WAYS[name.split('-')[1] as 'lane'])),
      through('parts', { ...PART, check: { path: '/health' } }),
      through('parts', {}),
      through('off', {}),
      through('gone', {}),
    ])

    for (const way of Object.keys(WAYS)) {
      const host = hostOf(`app-${way}`)
      const plain = await get(ports.http, { host, path: '/x?y=1', headers: { 'x-own': 'mine', connection: 'x-own' } })
      const seen = JSON.parse(plain.body)
      expect([way, plain.status, seen.url, seen.headers]).toEqual([
        way,
        200,
        '/x?y=1',
        expect.objectContaining({ host, 'x-own': 'mine', 'x-forwarded-for': '127.0.0.1', 'x-forwarded-proto': 'http' }),
      ])
      expect(plain.headers['set-cookie']).toEqual(['a=1', 'b=2'])
      expect((await getH2(ports.http, { host })).status).toBe(200)
      expect((await get(ports.http, { host, method: 'HEAD' })).body).toBe('')

      for (const framing of ['content-length', 'transfer-encoding']) {
        const headers = { host, [framing]: framing === 'content-length' ? String(BIG.length) : 'chunked' }
        const sent = request({
          host: '127.0.0.1',
          port: ports.http,
          path: '/hash',
          method: 'POST',
          headers,
          agent: false,
        })
        sent.end(BIG)
        const [answer] = await once(sent, 'response')
        expect([way, framing, String(await buffer(answer))]).toEqual([way, framing, hashOf(BIG)])
      }

      // A client that takes its time holds up nobody.
      const slow = request({ host: '127.0.0.1', port: ports.http, path: '/big', headers: { host }, agent: false })
      slow.end()
      const [big] = (await once(slow, 'response')) as [IncomingMessage]
      big.pause()
      if (way !== 'h2') expect((await ask(ports.http, host)).status).toBe(200)
      expect(hashOf(await buffer(big))).toBe(hashOf(BIG))

      const aborted = request({
        host: '127.0.0.1',
        port: ports.http,
        path: '/endless',
        headers: { host },
        agent: false,
      })
      aborted.on('error', () => {})
      aborted.end()
      await once(aborted, 'response')
      aborted.destroy()
      await expect.poll(() => app.broken.splice(0)).toEqual(['/endless'])

      await expect(ask(ports.http, host, { path: '/cut' })).rejects.toThrow()
      const nonsense = await ask(ports.http, host, { path: '/nonsense' })
      expect([way, nonsense.status, nonsense.body]).toEqual([
        way,
        502,
        expect.stringContaining('the app gave no proper'),
      ])
      app.broken.length = 0

      const socket = await openWebSocket(ports.http, hostOf(`echo-${way}`))
      expect([await socket.say('one'), await socket.say('two')]).toEqual(['echo', 'echo'])
      const tunnel = await openTunnel(ports.https, hostOf(`echo-${way}`))
      expect([tunnel.status, await tunnel.say('three')]).toEqual([200, 'echo:three'])
      socket.close()

      const call = await openCall(ports.http, hostOf(`service-${way}`), { byTls: false })
      expect([await call.say('four'), await call.say('five')]).toEqual(['service:four', 'service:five'])
      expect(await call.finish()).toMatchObject({ 'grpc-status': '0', 'x-te': 'trailers', 'x-came': 'from the client' })
    }

    const { routes: known } = (await agent.get('/api/proxy/agents/vps-1')).body as {
      routes: { pathPrefix: string | null; status: string }[]
    }
    expect(known.find(({ pathPrefix }) => pathPrefix === '/api/')?.status).toBe('settled')
    const prefixed = JSON.parse((await ask(ports.http, hostOf('parts'), { path: '/api/v1' })).body)
    expect([prefixed.url, prefixed.headers.host]).toEqual(['/v1', 'inside.test'])
    expect((await ask(ports.http, hostOf('parts'), { path: '/v1' })).body).toBe(`echo for ${hostOf('parts')}`)
    const pageOf = async (name: string) => {
      const { status, body } = await ask(ports.http, hostOf(name))
      return [status, /<h1>(.*)<\/h1>/.exec(body)?.[1]]
    }
    expect(await pageOf('off')).toEqual([503, 'This is not running at the moment'])
    expect(await pageOf('gone')).toEqual([404, 'There is nothing at this address'])
    await echo.stop()
    expect(await pageOf('echo-lane')).toEqual([502, 'This broke off'])
    moveTo(ingress, hostOf('echo-lane'), app.port)
    expect((await ask(ports.http, hostOf('echo-lane'))).status).toBe(200)
  },
)

const moveTo = (ingress: Ingress, host: string, port: number) => ingress.route([appRoute(host, http1At(port))])
