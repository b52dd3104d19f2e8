import { expect, it } from 'vitest'
import { get, getH2, seen } from '../../support/http-clients.ts'
import { putAll } from '../../support/option-routes.ts'
import { startRoutedFront } from '../../support/routed-front.ts'
import { startTarget } from '../../support/targets.ts'

/** Whatever means something to HAProxy, to a shell or to a log format. */
const WEIRD = `%[src] %{+Q}o "quoted" 'single' #no \\1 \\\\ $HOME \${HOME} {a} ;|& 100% %%ci`

it('gives the target the request that was asked for', async () => {
  const front = await startRoutedFront()
  const { ports, hostOf } = front
  const target = await startTarget('app')
  const targetUrl = `http://127.0.0.1:${target.port}`
  await putAll(front, [
    { subdomain: 'paths', targetUrl, options: { check: false } },
    { subdomain: 'paths', targetUrl, options: { pathPrefix: '/api', stripPrefix: true } },
    { subdomain: 'paths', targetUrl, options: { pathPrefix: '/a.b+c/v1', stripPrefix: true, check: false } },
    { subdomain: 'named', targetUrl, options: { hostHeader: 'Inside.Example.org:8080' } },
    {
      subdomain: 'headers',
      targetUrl,
      options: {
        requestHeaders: { 'X-Weird': WEIRD, 'X-Long': 'v'.repeat(1_000), Cookie: null, 'User-Agent': 'front' },
      },
    },
  ])
  const ask = (subdomain: string, path = '/', headers = {}) =>
    seen(ports.http, { host: hostOf(subdomain), path, headers })

  const strip: [path: string, url: string][] = [
    ['/api', '/'],
    ['/api/', '/'],
    ['/api?x=1', '/?x=1'],
    ['/api/users/7?q=a%20b', '/users/7?q=a%20b'],
    ['/api;v=1/users;w=2', '/users;w=2'],
    ['/api/%E2%82%AC&1', '/%E2%82%AC&1'],
    ['/apix', '/apix'],
    ['/a.b+c/v1/x', '/x'],
    ['/a.b+c/v1', '/'],
    ['/aXb+c/v1/x', '/aXb+c/v1/x'],
  ]
  for (const [path, url] of strip) expect.soft((await ask('paths', path)).url, path).toBe(url)
  expect((await ask('paths', '/api/x', { 'x-forwarded-prefix': '/evil' })).headers['x-forwarded-prefix']).toBe('/api')

  const named = await ask('named')
  expect(named.headers.host).toBe('inside.example.org:8080')
  expect(named.headers['x-forwarded-host']).toBe(hostOf('named'))

  const { headers } = await ask('headers', '/', { cookie: 'a=b', 'x-weird': 'mine' })
  expect(headers['x-weird']).toBe(WEIRD)
  expect(headers['x-long']).toBe('v'.repeat(1_000))
  expect(headers['user-agent']).toBe('front')
  expect(headers.cookie).toBeUndefined()
})

it('gives the client the answer that was asked for', async () => {
  const front = await startRoutedFront()
  const { ports, hostOf } = front
  const target = await startTarget('app')
  const targetUrl = `http://127.0.0.1:${target.port}`
  await putAll(front, [
    {
      subdomain: 'answers',
      targetUrl,
      options: { responseHeaders: { 'X-Weird': WEIRD, Date: null, 'Strict-Transport-Security': 'max-age=1; preload' } },
    },
    { subdomain: 'secure', targetUrl, options: { redirectToHttps: true } },
  ])
  const { headers } = await get(ports.http, { host: hostOf('answers') })
  expect(headers['x-weird']).toBe(WEIRD)
  expect(headers['strict-transport-security']).toBe('max-age=1; preload')
  expect(headers.date).toBeUndefined()

  const ca = await (await fetch(`http://127.0.0.1:${ports.api}/api/certificates/ca.pem`)).text()
  const host = hostOf('secure')
  const before = target.requests()
  const redirected = await get(ports.http, { host: `${host}:${ports.http}`, path: '/a/b?c=%20d', method: 'POST' })
  expect(redirected.status).toBe(308)
  expect(redirected.headers.location).toBe(`https://${host}:${ports.https}/a/b?c=%20d`)
  expect((await get(ports.http, { host, headers: { 'x-forwarded-proto': 'https' } })).status).toBe(308)
  expect(target.requests()).toBe(before)
  expect((await get(ports.https, { host, ca })).status).toBe(200)
  expect((await getH2(ports.https, { host, ca })).status).toBe(200)
})
