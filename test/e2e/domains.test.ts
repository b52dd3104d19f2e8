import { setTimeout as pause } from 'node:timers/promises'
import { expect, it } from 'vitest'
import { startAcmeServer } from '../support/acme-server.ts'
import { startDns, type Zone } from '../support/dns.ts'
import { get } from '../support/http-clients.ts'
import { openWebSocket } from '../support/load/echo.ts'
import { startNamedTarget } from '../support/named-targets.ts'
import { freePort } from '../support/ports.ts'
import { expectStatus, remove, startRoutedFront } from '../support/routed-front.ts'
import { shownFor, untilAnswered, untilShown } from '../support/served.ts'

const DOMAIN = 'www.shop.example'

it('serves a custom domain once it is proved, orders its certificate then, and ends with it', async () => {
  const http = await freePort()
  const server = await startAcmeServer({
    async look(name, _kind, { token, answer }) {
      const { body } = await get(http, { host: name, path: `/.well-known/acme-challenge/${token}` })
      return body === answer ? null : `it answers ${body.slice(0, 100)}`
    },
  })
  const zone: Zone = {}
  const front = await startRoutedFront({
    HTTP_PORT: String(http),
    DNS_RESOLVER: await startDns(zone),
    ACME: server.directory,
    ACME_FOR: 'api',
  })
  const { agent, ports, hostOf } = front
  const [app, api] = [await startNamedTarget('app'), await startNamedTarget('api')]
  const status = async (path = '/') => (await get(http, { host: DOMAIN, path })).status
  // With a backend of its own, whose servers the domain's end must not touch.
  const putApp = (options: object) =>
    agent.post('/api/proxy/http', { subdomain: 'shop', targetUrl: app.url, options }, { prefer: 'wait=20' })

  const { route } = (await putApp({ domains: [DOMAIN] })).body as {
    route: { id: string; verification: { name: string; value: string }[] }
  }
  await agent.post('/api/proxy/http', {
    ...{ subdomain: 'api', targetUrl: api.url },
    options: { domains: [DOMAIN], pathPrefix: '/api/', check: false, redirectToHttps: false },
  })
  expect(await status()).toBe(404)
  const own = await shownFor(ports.https, DOMAIN)

  const reloads = await front.reloads()
  const [proof] = route.verification
  zone[proof?.name ?? ''] = { TXT: [proof?.value ?? ''] }
  const verify = async () => {
    const { body } = await agent.post(`/api/proxy/routes/${route.id}/domains/${DOMAIN}/verify`, {})
    return (body as { verification?: { status: string } }).verification?.status
  }
  // A look of its own a moment ago is as good for the front as the one that is asked for.
  while ((await verify()) !== 'done') await pause(100)
  await untilAnswered(http, DOMAIN, ({ status }) => status === 200)
  expect((await get(http, { host: DOMAIN, path: '/' })).body).toContain('app')
  expect((await get(http, { host: DOMAIN, path: '/api/x' })).body).toContain('api')
  await untilShown(ports.https, DOMAIN, (shown) => shown !== own && shown !== null)
  const location = `https://${DOMAIN}:${ports.https}/`
  await untilAnswered(http, DOMAIN, ({ headers }) => headers.location === location)
  expectStatus(await putApp({ domains: [DOMAIN], redirectToHttps: false }), [200])
  expect(await status()).toBe(200)
  expect(server.orders.map((order) => order.name).sort()).toEqual(['front.front.test', DOMAIN])
  expect(await front.reloads()).toBe(reloads)

  const basicAuth = { users: [{ user: 'anna', password: 'a long password' }] }
  const headers = { authorization: `Basic ${btoa('anna:a long password')}` }
  expectStatus(await putApp({ domains: [DOMAIN], redirectToHttps: false, basicAuth }), [200])
  expect([await status(), (await get(http, { host: DOMAIN, headers })).status]).toEqual([401, 200])
  expectStatus(await putApp({ domains: [DOMAIN], redirectToHttps: false }), [200])

  const chat = await openWebSocket(http, DOMAIN)
  const stays = await openWebSocket(http, hostOf('shop'))
  expect([await chat.say('hello'), await stays.say('hello')]).toEqual(['app', 'app'])
  expectStatus(await putApp({}), [200])
  expect([await status(), await status('/api/x')]).toEqual([404, 200])
  await chat.ended
  expect(await stays.say('hello')).toBe('app')
  await stays.close()
  await remove(agent, 'api')
  expect(await status('/api/x')).toBe(404)
})
