import fc from 'fast-check'
import { expect, it } from 'vitest'
import { type Answer, get } from '../../support/http-clients.ts'
import { putAll } from '../../support/option-routes.ts'
import { type RandomOptions, randomOptions } from '../../support/random-options.ts'
import { startRoutedFront } from '../../support/routed-front.ts'
import { type Seen, startTarget } from '../../support/targets.ts'

const ROUTES = 40
const REST = '/x;y=1/z'

/** How a route is asked: by which scheme, and whether with a password that is right. */
interface Ask {
  secure: boolean
  knows: boolean
}
const ASKS: Ask[] = [
  { secure: false, knows: false },
  { secure: true, knows: true },
  { secure: false, knows: true },
  { secure: true, knows: false },
]

/** What a route answers by its options alone; `let` counts what its rate limit has let through. */
function statusOf(options: RandomOptions, { secure, knows }: Ask, let_: { through: number }): number {
  if (options.maintenance) return 503
  const mayCome = options.allowFrom === undefined || options.allowFrom.some((network) => network.startsWith('127.0.0.'))
  if (options.redirectToHttps && !secure) return 308
  if (!mayCome) return 403
  if (options.rateLimit && let_.through >= options.rateLimit.requests) return 429
  let_.through++
  return options.basicAuth && !knows ? 401 : 200
}

const authorizationOf = ({ basicAuth }: RandomOptions): Record<string, string> => {
  const last = basicAuth?.users.at(-1)
  return last ? { authorization: `Basic ${btoa(`${last.user}:${last.password}`)}` } : {}
}

const plainHeaders = (changes: Record<string, string | null> = {}) =>
  Object.entries(changes).map(([name, value]) => [name.toLowerCase(), value ?? undefined] as const)

function expectRight(options: RandomOptions, host: string, answer: Answer, names: string[]): void {
  const { headers, url, target } = JSON.parse(answer.body) as Seen
  const { pathPrefix = '', stripPrefix, hostHeader, basicAuth, sticky, servers = [] } = options
  expect(url).toBe(stripPrefix ? REST : pathPrefix + REST)
  expect(headers['x-forwarded-prefix']).toBe(stripPrefix ? pathPrefix : undefined)
  expect(headers.host).toBe(hostHeader ?? host)
  expect(headers['x-forwarded-host']).toBe(host)
  expect(headers['x-forwarded-user']).toBe(basicAuth?.users.at(-1)?.user)
  if (basicAuth) expect(headers.authorization).toBeUndefined()
  for (const [name, value] of plainHeaders(options.requestHeaders)) expect(headers[name]).toBe(value)
  for (const [name, value] of plainHeaders(options.responseHeaders)) expect(answer.headers[name]).toBe(value)
  expect(answer.headers['set-cookie'] !== undefined).toBe(sticky !== undefined)
  const possible = names.filter((_, i) => i === 0 || servers[i - 1]?.backup === false)
  expect(possible).toContain(target)
}

it('does with each combination of options what they say', { timeout: 120_000 }, async () => {
  const front = await startRoutedFront()
  const { ports, hostOf } = front
  const names = ['first', 'second', 'third']
  const [first, ...others] = await Promise.all(names.map((name) => startTarget(name)))
  const urlOf = (target: { port: number } | undefined) => `http://127.0.0.1:${target?.port}`
  const ca = await (await fetch(`http://127.0.0.1:${ports.api}/api/certificates/ca.pem`)).text()
  const seed = Date.now()
  const routes = fc
    .sample(randomOptions(others.map(urlOf)), { numRuns: ROUTES, seed })
    .map((options, i) => ({ subdomain: `app-${i}`, targetUrl: urlOf(first), options }))
  await putAll(front, routes)

  for (const { subdomain, options } of routes) {
    const host = hostOf(subdomain)
    const counted = { through: 0 }
    for (const ask of ASKS) {
      const path = (options.pathPrefix ?? '') + REST
      const headers = ask.knows ? authorizationOf(options) : {}
      const answer = await get(ask.secure ? ports.https : ports.http, {
        host,
        path,
        headers,
        ...(ask.secure && { ca }),
      })
      const said = `seed ${seed}: ${JSON.stringify({ ask, options })}`
      expect(answer.status, said).toBe(statusOf(options, ask, counted))
      if (answer.status === 308) expect(answer.headers.location).toBe(`https://${host}:${ports.https}${path}`)
      if (answer.status === 200) expectRight(options, host, answer, names)
    }
  }
})
