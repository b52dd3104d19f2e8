import { once } from 'node:events'
import { createServer, type IncomingMessage, request } from 'node:http'
import { expect, it, onTestFinished } from 'vitest'
import { get } from '../../support/http-clients.ts'
import { putAll } from '../../support/option-routes.ts'
import { startRoutedFront } from '../../support/routed-front.ts'
import { listen } from '../../support/targets.ts'
import { appRoute, certificatesOf, http1At, startIngress } from './support.ts'

/** More than all buffers between an app and a client hold. */
const BIG = Buffer.alloc(50 * 1024 * 1024)
/** A bit more than HAProxy keeps for one answer. */
const PAGE = Buffer.alloc(20 * 1024)
const SLOW = 6

it('holds up nobody for clients that fetch nothing, though all share a connection', { timeout: 60_000 }, async () => {
  const front = await startRoutedFront()
  const { agent, ports, hostOf } = front
  const waiting: (() => void)[] = []
  const app = createServer((request, response) => {
    if (request.url === '/big') response.end(BIG)
    else if (request.url === '/page') response.end(PAGE)
    else if (request.url === '/late') waiting.push(() => response.end('late'))
    else response.end('small')
  })
  const ingress = await startIngress(
    await certificatesOf(agent),
    [appRoute(hostOf('app'), http1At(await listen(app)))],
    { manyAtOnce: 1, patienceMs: 20_000 },
  )
  const targetUrl = `https://127.0.0.1:${ingress.port}`
  await putAll(front, [{ subdomain: 'app', targetUrl, options: { through: 'agent', check: false } }])
  const host = hostOf('app')
  const ask = (path: string) => get(ports.http, { host, path })
  const askAndFetchNothing = async () => {
    const sent = request({ host: '127.0.0.1', port: ports.http, path: '/big', headers: { host }, agent: false })
    onTestFinished(() => void sent.destroy())
    sent.on('error', () => {})
    sent.end()
    const [answer] = (await once(sent, 'response')) as [IncomingMessage]
    answer.on('error', () => {}).pause()
  }

  for (let i = 0; i < SLOW; i++) {
    const [late] = [ask('/late'), await askAndFetchNothing()]
    const answers = await Promise.all(Array.from({ length: 20 }, () => ask('/')))
    expect(answers.map(({ status, body }) => `${status} ${body}`)).toEqual(answers.map(() => '200 small'))
    waiting.shift()?.()
    expect((await late).body).toBe('late')
    expect((await ask('/page')).body.length).toBe(PAGE.length)
  }
})
