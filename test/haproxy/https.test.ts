import { createServer } from 'node:http'
import { expect, it } from 'vitest'
import { type Haproxy, startHaproxy } from '../support/haproxy.ts'
import { get, getH2 } from '../support/http-clients.ts'
import { listen, startTarget } from '../support/targets.ts'

const DEFAULT = 'max-age=15552000'

/** By plain HTTP, whether and where it is sent to; by TLS, what is said of HTTPS. */
async function policy(haproxy: Haproxy, host: string): Promise<[away: boolean, hsts: unknown]> {
  const { ca } = haproxy.certificates
  const path = '/a/b?c=%20d'
  const plain = await get(haproxy.httpPort, { host, path })
  expect([undefined, 'max-age=7']).toContain(plain.headers['strict-transport-security'])
  if (plain.status === 308) {
    const location = `https://${host}:${haproxy.httpsPort}${path}`
    expect(plain.headers).toMatchObject({ location, 'cache-control': 'no-store' })
  } else expect(plain.status).toBe(200)
  const secure = await getH2(haproxy.httpsPort, { host, path, ca })
  expect(secure.status).toBe(200)
  return [plain.status === 308, secure.headers['strict-transport-security']]
}

it('sends to HTTPS, and keeps browsers there, for as long as they trust the certificate, as the route has it', async () => {
  const haproxy = await startHaproxy()
  const lane = `http|127.0.0.1|${(await startTarget('app')).port}|||r|`
  const own = createServer((_, response) => void response.setHeader('Strict-Transport-Security', 'max-age=7').end())
  const routes: Record<string, string> = {
    shop: lane,
    blog: lane,
    stays: `${lane}70|never|off`,
    told: `${lane}|never|`,
    short: `${lane}||60`,
    silent: `${lane}||off`,
    always: `${lane}90|always|`,
    says: `http|127.0.0.1|${await listen(own)}|||r|`,
  }
  for (const [name, value] of Object.entries(routes)) await haproxy.set('hosts', `${name}.apps.test`, value)
  const policies = async (names = Object.keys(routes)) =>
    Object.fromEntries(
      await Promise.all(names.map(async (name) => [name, await policy(haproxy, `${name}.apps.test`)] as const)),
    )
  const without = { shop: [false, undefined], blog: [false, undefined], stays: [false, undefined] }

  expect(await policies()).toMatchObject({ ...without, always: [true, undefined], says: [false, 'max-age=7'] })
  await haproxy.set('secure', 'shop.apps.test', '1')
  expect(await policies(['shop', 'blog'])).toEqual({ shop: [true, DEFAULT], blog: [false, undefined] })
  expect(await get(haproxy.httpPort, { host: 'Shop.Apps.Test.:80' })).toMatchObject({
    headers: { location: `https://shop.apps.test:${haproxy.httpsPort}/` },
  })
  await haproxy.set('secure', '.apps.test', '1')
  expect(await policies()).toEqual({
    ...{ shop: [true, DEFAULT], blog: [true, DEFAULT], stays: [false, undefined], told: [false, DEFAULT] },
    ...{ short: [true, 'max-age=60'], silent: [true, undefined], always: [true, DEFAULT], says: [true, 'max-age=7'] },
  })
  // A wildcard stands for one label, and for nothing that nobody has put there.
  await haproxy.set('hosts', 'deeper.shop.apps.test', lane)
  for (const [host, status] of [
    ['deeper.shop.apps.test', 200],
    ['nobody.apps.test', 404],
  ] as const)
    expect(await get(haproxy.httpPort, { host })).toMatchObject({ status })
  for (const name of ['.apps.test', 'shop.apps.test']) await haproxy.unset('secure', name)
  expect(await policies(['shop', 'blog', 'stays'])).toEqual(without)
})

it('redirects every method and a WebSocket, no challenge, and not who has come by HTTPS as far as a load balancer', async () => {
  const maps = { secure: { 'shop.apps.test': '1' } }
  const haproxy = await startHaproxy({ maps })
  const behind = await startHaproxy({ maps: { ...maps, trusted: { '127.0.0.1/32': 'headers' } } })
  const app = await startTarget('app')
  const host = 'shop.apps.test'
  for (const each of [haproxy, behind]) await each.set('hosts', host, `http|127.0.0.1|${app.port}|||r|`)

  const location = `https://${host}:${haproxy.httpsPort}/x`
  const upgrade = { connection: 'Upgrade', upgrade: 'websocket', 'sec-websocket-key': 'AAAAAAAAAAAAAAAAAAAAAA==' }
  for (const question of [{ method: 'POST', body: 'a=b' }, { method: 'DELETE' }, { headers: upgrade }]) {
    expect(await get(haproxy.httpPort, { host, path: '/x', ...question })).toMatchObject({
      status: 308,
      headers: { location },
    })
  }
  expect(await getH2(haproxy.httpPort, { host, path: '/x' })).toMatchObject({ status: 308, headers: { location } })
  expect(app.requests()).toBe(0)
  const path = '/.well-known/acme-challenge/its-own'
  expect(await get(haproxy.httpPort, { host, path })).toMatchObject({ status: 200 })
  // HAProxy's own pages too.
  await haproxy.set('hosts', host, 'none||||b:gone|r|')
  expect(await get(haproxy.httpsPort, { host, ca: haproxy.certificates.ca })).toMatchObject({
    status: 503,
    headers: { 'strict-transport-security': DEFAULT },
  })

  const by = (proto?: string) =>
    get(behind.httpPort, { host, path: '/x', headers: proto === undefined ? {} : { 'x-forwarded-proto': proto } })
  expect(await by('http')).toMatchObject({ status: 308, headers: { location: `https://${host}/x` } })
  for (const proto of ['https', undefined]) expect(await by(proto)).toMatchObject({ status: 200 })
  // Whoever is no load balancer may say what they like.
  const headers = { 'x-forwarded-proto': 'https' }
  expect(await get(haproxy.httpPort, { host, headers })).toMatchObject({ status: 308 })
})
