import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { expect, test } from 'vitest'
import { Mapping } from '../../../shared/providers/rest/mapping.ts'
import { Paging } from '../../../shared/providers/rest/next-page.ts'
import { createRestProvider, type RestOptions } from '../../../shared/providers/rest/rest-provider.ts'
import { listen } from '../../support/targets.ts'
import { listenTo } from '../listen-to.ts'

type Handler = (request: IncomingMessage, response: ServerResponse) => void

/** A server whose answers can be changed. */
async function startSource(handler: Handler) {
  const source = { handler, requests: [] as IncomingMessage[], url: '' }
  const server = createServer((request, response) => {
    source.requests.push(request)
    source.handler(request, response)
  })
  source.url = `http://127.0.0.1:${await listen(server)}`
  return source
}

const server = (name: string, port = 8080) => ({ name, address: '10.0.0.1', port })
const json =
  (body: unknown, headers: Record<string, string> = {}): Handler =>
  (_, response) =>
    response.writeHead(200, headers).end(JSON.stringify(body))
const status =
  (code: number, headers: Record<string, string> = {}): Handler =>
  (_, response) =>
    response.writeHead(code, headers).end('no')

const watch = (url: string, options: Partial<RestOptions> = {}) =>
  listenTo(createRestProvider({ url, intervalMs: 10, ...options }))

test('tells what comes, changes and goes', async () => {
  const source = await startSource(json({ backends: [{ name: 'api', servers: [server('srv1')] }] }))
  const watched = watch(source.url)
  await watched.until(({ state }) => state.has('api'))
  source.handler = json([
    { name: 'api', servers: [server('srv1'), server('srv2')] },
    { name: 'web', servers: [] },
  ])
  await watched.until(({ state }) => state.has('web') && state.get('api')?.servers.length === 2)
  source.handler = json({ backends: [] })
  await watched.until(({ state }) => state.size === 0)
  expect(watched.events.map(({ type }) => type)).toEqual(['ADD', 'UPDATE', 'ADD', 'DELETE', 'DELETE'])
})

test('asks under the condition that something has changed', async () => {
  const etag = '"one"'
  const source = await startSource((request, response) =>
    request.headers['if-none-match'] === etag
      ? response.writeHead(304, { etag }).end()
      : json({ backends: [{ name: 'api', servers: [] }] }, { etag })(request, response),
  )
  const watched = watch(source.url)
  await watched.until(({ successes }) => successes() > 3)
  expect(watched.events).toHaveLength(1)
  expect(source.requests.filter(({ headers }) => headers['if-none-match'] === etag).length).toBeGreaterThan(1)
})

test('does not take for good what it did not understand, when that has not changed', async () => {
  const etag = '"one"'
  const source = await startSource((request, response) =>
    request.headers['if-none-match'] === etag
      ? response.writeHead(304).end()
      : json({ services: [] }, { etag })(request, response),
  )
  const watched = watch(source.url)
  await watched.until(() => source.requests.length > 3)
  expect(watched.successes()).toBe(0)
  expect(watched.problem()).toContain('give a mapping')
})

test.each<[string, Handler, string]>([
  ['500', status(500), 'answered 500'],
  ['a refused login', status(401), 'answered 401: it refuses the login (authorization)'],
  ['no JSON', (_, response) => response.end('{"backends": ['), 'answered with what is no JSON'],
  ['JSON with a name twice', (_, response) => response.end('{"a": 1, "a": 2}'), 'says "a" twice'],
  ['too much', json({ backends: [], more: 'x'.repeat(2_000) }), 'more than 1000 bytes (maxBytes)'],
  ['another shape', json({ services: [] }), 'give a mapping'],
  ['silence', () => undefined, 'has not answered within'],
  [
    'half an answer',
    (_, response) => void response.writeHead(200, { 'content-length': 50 }).write('{'),
    'has not answered within',
  ],
  ['a connection that breaks', (request) => void request.socket.destroy(), 'cannot be reached'],
])('keeps what it knows at %s, and goes on afterwards', async (_, handler, problem) => {
  const source = await startSource(json({ backends: [{ name: 'api', servers: [] }] }))
  const watched = watch(source.url, { timeoutMs: 200, maxBytes: 1_000 })
  await watched.until(({ state }) => state.has('api'))
  source.handler = handler
  await watched.until((now) => now.problem() !== null)
  expect(watched.problem()).toContain(problem)
  expect([...watched.state.keys()]).toEqual(['api'])
  source.handler = json({ backends: [{ name: 'web', servers: [] }] })
  await watched.until(({ state }) => state.has('web'))
  expect(watched.problem()).toBeNull()
})

test.each<[string, object[], string]>([
  ['without a name', [{ servers: [] }, { name: 'new', servers: [] }], 'place 1 has no name'],
  [
    'with the name of another',
    [
      { name: 'new', servers: [] },
      { name: 'new', servers: [] },
    ],
    'the backend "new" twice',
  ],
])('a record %s removes nothing', async (_, backends, problem) => {
  const source = await startSource(json([{ name: 'api', servers: [] }]))
  const watched = watch(source.url)
  await watched.until(({ state }) => state.has('api'))
  source.handler = json(backends)
  await watched.until((now) => now.problem()?.includes(problem) === true)
  expect([...watched.state.keys()]).toEqual(['api'])
})

test('sends the login that holds at the moment, and repeats it nowhere', async () => {
  let secret = 'first-secret'
  const source = await startSource((request, response) =>
    request.headers.authorization === `Bearer ${secret}`
      ? json({ backends: [{ name: 'api', servers: [] }] })(request, response)
      : status(401)(request, response),
  )
  let told = 'first-secret'
  const watched = watch(`${source.url}/list?key=in-the-url`, {
    authorization: async () => ({ authorization: `Bearer ${told}` }),
  })
  await watched.until(({ state }) => state.has('api'))
  secret = 'second-secret'
  await watched.until(({ problem }) => problem() !== null)
  expect(watched.problem()).not.toMatch(/secret|in-the-url/)
  told = 'second-secret'
  await watched.until(({ problem }) => problem() === null)
})

test('takes its login to no other server, by a redirect or by a next page', async () => {
  const other = await startSource(json({ backends: [] }))
  const source = await startSource(status(302, { location: `${other.url}/list` }))
  const watched = watch(source.url, {
    authorization: async () => ({ authorization: 'Bearer secret' }),
    paging: Paging.parse({ next: '$.next' }),
  })
  await watched.until(({ problem }) => problem()?.includes('redirects to') === true)
  source.handler = json({ backends: [], next: `${other.url}/list` })
  await watched.until(({ problem }) => problem()?.includes('goes on to') === true)
  expect(other.requests).toHaveLength(0)
})

test('follows a redirect on the same server', async () => {
  const source = await startSource((request, response) =>
    request.url === '/new'
      ? json([{ name: 'api', servers: [] }])(request, response)
      : status(307, { location: '/new' })(request, response),
  )
  const watched = watch(source.url)
  await watched.until(({ state }) => state.has('api'))
  source.handler = status(307, { location: '/again' })
  await watched.until(({ problem }) => problem()?.includes('redirects more than 5 times') === true)
})

const pageOf = ({ url = '' }: IncomingMessage) => Number(new URL(url, 'http://source').searchParams.get('page') ?? 1)
const backendOfPage = (page: number) => ({ name: `page${page}`, servers: [] })

test.each<[string, unknown, (page: number) => { body: object; headers?: Record<string, string> }]>([
  [
    'a link in the body',
    { next: '$.links.next' },
    (page) => ({ body: { links: { next: page < 3 ? `/?page=${page + 1}` : null } } }),
  ],
  [
    'a cursor',
    { cursor: 'meta.cursor', parameter: 'page' },
    (page) => ({ body: { meta: page < 3 ? { cursor: page + 1 } : {} } }),
  ],
  [
    'a Link header',
    undefined,
    (page) => ({
      body: {},
      headers: { link: page < 3 ? `</?page=1>; rel="first", </?page=${page + 1}>; rel="next"` : '' },
    }),
  ],
])('follows pages by %s, each under its own condition', async (_, paging, more) => {
  let newest = backendOfPage(3)
  const source = await startSource((request, response) => {
    const page = pageOf(request)
    const backend = page === 3 ? newest : backendOfPage(page)
    const { body, headers } = more(page)
    const etag = `"${backend.name}"`
    if (request.headers['if-none-match'] === etag) response.writeHead(304).end()
    else json({ backends: [backend], ...body }, { etag, ...headers })(request, response)
  })
  const watched = watch(source.url, paging === undefined ? {} : { paging: Paging.parse(paging) })
  await watched.until(({ state }) => state.size === 3)
  newest = backendOfPage(4)
  await watched.until(({ state }) => state.has('page4') && !state.has('page3'))
  expect([...watched.state.keys()].sort()).toEqual(['page1', 'page2', 'page4'])
})

test('pages that lead in a circle, or never end, are an error', async () => {
  const source = await startSource((request, response) =>
    json({ backends: [], next: pageOf(request) === 1 ? '/?page=2' : '/?page=1' })(request, response),
  )
  const watched = watch(`${source.url}/?page=1`, { paging: Paging.parse({ next: 'next' }), maxPages: 5 })
  await watched.until(({ problem }) => problem()?.includes('lead in a circle') === true)
  source.handler = (request, response) =>
    json({ backends: [], next: `/?page=${pageOf(request) + 1}` })(request, response)
  await watched.until(({ problem }) => problem()?.includes('more than 5 pages') === true)
})

test('leaves the source alone as long as it asks for that', async () => {
  const source = await startSource(status(503, { 'retry-after': '3600' }))
  const watched = watch(source.url)
  await watched.until(({ problem }) => problem() !== null)
  const calm = await startSource(json([{ name: 'api', servers: [] }], { 'cache-control': 'public, max-age=3600' }))
  const other = watch(calm.url)
  await other.until(({ state }) => state.has('api'))
  const busy = await startSource(json([]))
  await watch(busy.url).until(() => busy.requests.length > 5)
  expect([source.requests.length, calm.requests.length]).toEqual([1, 1])
})

test('understands the JSON of others by a mapping', async () => {
  const source = await startSource(
    json({
      data: {
        services: [
          {
            id: 7,
            domains: 'api.example.com',
            instances: [
              { id: 'a', host: '10.0.0.1', ports: ['8080'], status: 'passing' },
              { id: 'b', host: '10.0.0.2', ports: [], status: 'critical', meta: { 'the weight': 5 } },
            ],
          },
        ],
      },
    }),
  )
  const mapping = Mapping.parse({
    list: 'data.services',
    name: 'id',
    hosts: 'domains',
    balance: { value: 'leastconn' },
    servers: {
      list: 'instances[*]',
      name: 'id',
      address: 'host',
      port: { path: 'ports[0]', default: 80 },
      weight: { path: "meta['the weight']", default: 100 },
      state: { path: 'status', words: { passing: 'ready' }, default: 'maint' },
    },
  })
  const watched = watch(source.url, { mapping })
  await watched.until(({ state }) => state.size === 1)
  expect(watched.state.get('7')).toEqual({
    name: '7',
    hosts: ['api.example.com'],
    balance: 'leastconn',
    servers: [
      { name: 'a', address: '10.0.0.1', port: 8080, weight: 100, state: 'ready' },
      { name: 'b', address: '10.0.0.2', port: 80, weight: 5, state: 'maint' },
    ],
  })
})

test('rows of servers are joined by their backend, over all pages', async () => {
  const row = (server: string) => ({ backend: 'api', server, ip: '10.0.0.1', port: 80 })
  const source = await startSource((request, response) =>
    pageOf(request) === 1
      ? json([row('srv1'), row('srv2')], { link: '</?page=2>; rel=next' })(request, response)
      : json([row('srv3')])(request, response),
  )
  const mapping = Mapping.parse({
    list: '$',
    name: 'backend',
    servers: { name: 'server', address: 'ip', port: 'port' },
  })
  const watched = watch(source.url, { mapping })
  await watched.until(({ state }) => state.has('api'))
  expect(watched.state.get('api')?.servers.map(({ name }) => name)).toEqual(['srv1', 'srv2', 'srv3'])
})

test.each(['', 'a..b', 'a[', 'a[x]', '$x', '.a', 'a.0', 'a b'])('is no path: %j', (path) => {
  expect(Mapping.safeParse({ list: path, name: 'a', servers: { name: 'a', address: 'a', port: 'a' } }).success).toBe(
    false,
  )
})
