import { expect, it } from 'vitest'
import { routesHarness } from '../support/routes.ts'

const SERVERS = [{ url: 'http://203.0.113.8:3000' }]
const user = (name: string, password = 'long enough') => ({ users: [{ user: name, password }] })

/** What is wrong with each, in the words that the caller reads. */
const REFUSED: [options: object, sentence: string][] = [
  [{ stripPrefix: true }, 'stripPrefix needs a pathPrefix: without one there is nothing to take off'],
  [{ stripPrefix: true, pathPrefix: '/' }, 'stripPrefix needs a pathPrefix: without one there is nothing to take off'],
  [{ sticky: true }, 'sticky needs several servers to choose from: name more in servers, or leave sticky out'],
  [
    { sticky: true, servers: [{ ...SERVERS[0], backup: true }] },
    'sticky needs several servers to choose from: name more in servers, or leave sticky out',
  ],
  [
    { sticky: true, servers: SERVERS, balance: 'source' },
    'sticky keeps clients at a server by a cookie and balance "source" by their address: choose one of them',
  ],
  [{ sticky: { cookie: 'a b' }, servers: SERVERS }, 'must be at most 64 letters, digits, _ and -'],
  [{ sticky: 'yes', servers: SERVERS }, 'options.sticky: must be true, false, or an object with cookie'],
  [{ rateLimit: { requests: 0, seconds: 1 } }, 'must be at least 1: to serve nobody, set maintenance'],
  [{ rateLimit: { requests: 1, seconds: 0 } }, 'options.rateLimit.seconds: must be at least 1'],
  [{ rateLimit: { requests: 1 } }, 'options.rateLimit.seconds'],
  [{ rateLimit: { requests: 1, seconds: 1, by: 'user' } }, 'options.rateLimit.by: must be client or route'],
  [{ timeouts: {} }, 'must name one of connectSeconds, responseSeconds, tunnelSeconds'],
  [{ timeouts: { responseSeconds: 0.5 } }, 'options.timeouts.responseSeconds: must be a whole number'],
  [{ timeouts: { idleSeconds: 5 } }, 'unknown field "idleSeconds"'],
  [{ hsts: 60 }, 'options.hsts: must be true, false, or an object with maxAgeSeconds'],
  [{ hsts: { maxAgeSeconds: -1 } }, 'options.hsts.maxAgeSeconds: must be at least 0'],
  [{ hsts: { maxAgeSeconds: 63_072_001 } }, 'options.hsts.maxAgeSeconds: must be at most 63072000'],
  [{ hsts: { maxAgeSeconds: 60, preload: true } }, 'unknown field "preload"'],
  [{ hostHeader: 'a b' }, 'options.hostHeader: must be a host name, and perhaps a port'],
  [{ hostHeader: 'x.test:99999' }, 'options.hostHeader: must be a host name, and perhaps a port'],
  [{ hostHeader: 'x.test/' }, 'options.hostHeader: must be a host name, and perhaps a port'],
  [{ requestHeaders: { Host: 'x' } }, 'options.requestHeaders.Host: is set by hostHeader'],
  [
    { requestHeaders: { 'X-Forwarded-For': 'x' } },
    'options.requestHeaders.X-Forwarded-For: is set by the front itself',
  ],
  [{ requestHeaders: { x_forwarded_for: null } }, 'is set by the front itself'],
  [{ requestHeaders: { 'X-Front-Secret': 'x' } }, 'is set by the front itself'],
  [{ requestHeaders: { 'X-Real_IP': 'x' } }, 'is set by the front itself'],
  [{ requestHeaders: { 'Transfer-Encoding': 'chunked' } }, 'belongs to the connection, not to the request'],
  [{ requestHeaders: { Connection: null } }, 'belongs to the connection, not to the request'],
  [{ requestHeaders: { 'Content-Length': '0' } }, 'belongs to the connection, not to the request'],
  [{ requestHeaders: { 'X-A': '1', 'x-a': '2' } }, 'options.requestHeaders.x-a: is the same header as X-A'],
  [{ requestHeaders: { 'X-A': 'a\r\nX-B: b' } }, 'must be visible ASCII, 1000 characters at most'],
  [{ requestHeaders: { 'X-A': 'é' } }, 'must be visible ASCII, 1000 characters at most'],
  [{ requestHeaders: { 'X-A': '' } }, 'must be visible ASCII, 1000 characters at most'],
  [{ requestHeaders: { 'X-A': 'v'.repeat(1_001) } }, 'must be visible ASCII, 1000 characters at most'],
  [{ requestHeaders: { 'X A': 'x' } }, 'must be letters, digits, - and _, 64 at most'],
  [{ requestHeaders: { '%[src]': 'x' } }, 'must be letters, digits, - and _, 64 at most'],
  [
    { requestHeaders: Object.fromEntries(['a', 'b', 'c'].map((name) => [name, 'v'.repeat(900)])) },
    'options.requestHeaders: must have at most 2048 characters together',
  ],
  [
    { responseHeaders: Object.fromEntries(Array.from({ length: 33 }, (_, i) => [`X-${i}`, 'v'])) },
    'options.responseHeaders: must have at most 32 of them',
  ],
  [{ responseHeaders: { 'Content-Length': '5' } }, 'belongs to the connection, not to the answer'],
  [{ responseHeaders: { 'X-Front-Route': 'x' } }, 'is set by the front itself'],
  [{ basicAuth: user('a:b') }, 'must be visible ASCII without a colon, which ends the name in HTTP'],
  [{ basicAuth: user('anna', 'short') }, 'options.basicAuth.users[0].password: must have at least 8 characters'],
  [{ basicAuth: user('anna', 'pässword') }, 'must be visible ASCII and spaces'],
  [{ basicAuth: { users: [] } }, 'must name somebody: without basicAuth no password is asked for'],
  [{ basicAuth: { ...user('anna'), realm: 'a "b"' } }, 'options.basicAuth.realm: must be letters, digits'],
  [
    { basicAuth: { users: [...user('anna').users, ...user('anna', 'another one').users] } },
    'basicAuth names the user anna twice',
  ],
  [{ allowFrom: [] }, 'must name somebody: without it everybody may connect, and to let nobody in, set maintenance'],
  [{ maxConcurrent: 0 }, 'options.maxConcurrent: must be at least 1'],
  [{ maintenance: { message: '' } }, 'must not be empty'],
  [{ maintenance: { message: 'a\nb' } }, 'must not have control characters'],
  [{ maintenance: { message: 'x'.repeat(201) } }, 'must have at most 200 characters'],
  [{ maintenance: { message: '\ud800' } }, 'must not have control characters'],
  [{ maintenance: { retryAfterSeconds: 0 } }, 'must be at least 1'],
]

it('says of each option that does not fit what does not fit and why', async () => {
  const front = await routesHarness()
  const token = await front.agent('vps-1')
  for (const [options, sentence] of REFUSED) {
    const body = { agentId: 'vps-1', subdomain: 'shop', targetUrl: 'http://203.0.113.7:3000', options }
    const answer = await front.http(token, body)
    expect
      .soft([answer.status, answer.body.error], JSON.stringify(options).slice(0, 80))
      .toEqual([400, expect.stringContaining(sentence)])
  }
  expect(await front.routesOf('vps-1', token)).toEqual([])
})

it('keeps no password, and takes the same one for the same', async () => {
  const front = await routesHarness()
  const token = await front.agent('vps-1')
  const put = (subdomain: string, password: string) =>
    front.http(token, {
      agentId: 'vps-1',
      subdomain,
      targetUrl: 'http://203.0.113.7:3000',
      options: { basicAuth: user('anna', password) },
    })
  expect((await put('shop', 'the first one')).body.route.revision).toBe(1)
  expect((await put('shop', 'the first one')).body.route.revision).toBe(1)
  expect((await put('shop', 'the second one')).body.route.revision).toBe(2)
  await put('blog', 'the second one')

  const routes = await front.stored('routes/')
  const digests = routes.map(({ value }) => (value as { basicAuth: { users: { digest: string }[] } }).basicAuth.users)
  expect(new Set(digests.flat().map(({ digest }) => digest)).size).toBe(2)
  const everything = JSON.stringify([await front.stored(''), front.logged, await front.routesOf('vps-1', token)])
  expect(everything).not.toContain('second one')
  expect(everything).not.toContain(btoa('anna:the second one'))
})

it('warns of passwords that come by plain HTTP', async () => {
  const front = await routesHarness()
  const token = await front.agent('vps-1')
  const warnings = async (options: object) =>
    (
      await front.http(token, {
        agentId: 'vps-1',
        subdomain: 'shop',
        targetUrl: 'https://203.0.113.7',
        options: { tlsVerify: 'none', ...options },
      })
    ).body.warnings
  expect(await warnings({ basicAuth: user('anna') })).toEqual([expect.stringContaining('set redirectToHttps')])
  expect(await warnings({ basicAuth: user('anna'), redirectToHttps: true })).toBeUndefined()
})
