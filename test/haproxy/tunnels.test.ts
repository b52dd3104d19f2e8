import { once } from 'node:events'
import { createServer, request } from 'node:http'
import { connect as connectH2, type IncomingHttpHeaders } from 'node:http2'
import { createServer as createTcpServer, type Socket } from 'node:net'
import { connect, createServer as createTlsServer } from 'node:tls'
import { expect, it, onTestFinished } from 'vitest'
import { type Haproxy, startHaproxy } from '../support/haproxy.ts'
import { get } from '../support/http-clients.ts'
import { openWebSocket } from '../support/load/echo.ts'
import { startNamedTarget } from '../support/named-targets.ts'
import { listen } from '../support/targets.ts'

it('says whose each WebSocket is, also of several on one connection', async () => {
  const { port } = await startNamedTarget('target')
  const hosts = ['a.apps.test', 'b.apps.test', 'c.apps.test']
  const haproxy = await startHaproxy({
    maps: { hosts: Object.fromEntries(hosts.map((host) => [host, `http|127.0.0.1|${port}||`])) },
  })
  const [a] = [
    await openWebSocket(haproxy.httpPort, 'a.apps.test'),
    await openWebSocket(haproxy.httpPort, 'A.Apps.test:80'),
  ]
  await openOverHttp2(haproxy.httpPort, ['b.apps.test', 'c.apps.test'])
  const marked = await hostsOfTargets(haproxy, port)
  expect(marked).toEqual(['a.apps.test', 'a.apps.test', 'b.apps.test', 'c.apps.test'])
  a.close()
})

it('keeps nothing of plain requests', async () => {
  const target = createServer((asked, response) => asked.url === '/wait' || response.end('ok'))
  const port = await listen(target)
  const haproxy = await startHaproxy({ maps: { hosts: { 'a.apps.test': `http|127.0.0.1|${port}||` } } })
  expect((await get(haproxy.httpPort, { host: 'a.apps.test' })).status).toBe(200)
  const options = { host: '127.0.0.1', port: haproxy.httpPort, path: '/wait', headers: { host: 'a.apps.test' } }
  const waiting = request(options)
    .on('error', () => {})
    .end()
  onTestFinished(() => void waiting.destroy())
  await once(target, 'request')
  expect(await hostsOfTargets(haproxy, port)).toEqual([undefined])
  expect(await haproxy.command('show table front_tunnels')).toContain('used:0')
})

it('says whose each connection to a database is, also where TLS ends here', async () => {
  const haproxy = await startHaproxy()
  const echo = (socket: Socket) => void socket.on('error', () => {}).pipe(socket)
  const pass = await listen(createTlsServer(await haproxy.certificates.agent(), echo))
  const term = await listen(createTcpServer(echo))
  for (const name of ['one', 'two']) {
    await haproxy.set('sni', `${name}.pass.test`, `pass|127.0.0.1|${pass}||`)
    await haproxy.set('sni', `${name}.term.test`, `term|127.0.0.1|${term}||`)
  }
  for (const servername of ['one.pass.test', 'TWO.pass.test', 'one.term.test', 'TWO.term.test']) {
    const socket = connect({ host: '127.0.0.1', port: haproxy.mongoPort, servername, rejectUnauthorized: false })
    onTestFinished(() => void socket.destroy())
    socket.write('hello')
    await once(socket, 'data')
  }
  expect(await hostsOfTargets(haproxy, pass)).toEqual(['one.pass.test', 'two.pass.test'])
  expect(await hostsOfTargets(haproxy, term)).toEqual(['one.term.test', 'two.term.test'])
})

/** What the table says of the sessions that lead to this port. */
async function hostsOfTargets(haproxy: Haproxy, port: number): Promise<(string | undefined)[]> {
  const table = await haproxy.command('show table front_tunnels data.conn_cur gt 0')
  const hosts = new Map([...table.matchAll(/ key=(\S+)\|(\d+) /g)].map(([, host, number]) => [number, host]))
  const sessions = (await haproxy.command('show sess all')).split(/^(?=0x)/m)
  const leading = sessions.filter((text) => text.includes(`addr=127.0.0.1:${port}`))
  return leading.map((text) => hosts.get(/ id=(\d+) /.exec(text)?.[1])).sort()
}

/** On one connection. */
async function openOverHttp2(port: number, hosts: string[]): Promise<void> {
  const session = connectH2(`http://127.0.0.1:${port}`)
  onTestFinished(() => session.destroy())
  await once(session, 'remoteSettings')
  for (const host of hosts) {
    const stream = session.request({
      ':method': 'CONNECT',
      ':protocol': 'websocket',
      ':scheme': 'http',
      ':authority': host,
      ':path': '/',
      'sec-websocket-version': '13',
    })
    const [headers] = (await once(stream, 'response')) as [IncomingHttpHeaders]
    expect(headers[':status']).toBe(200)
  }
}
