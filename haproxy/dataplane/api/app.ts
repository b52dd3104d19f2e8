import { Hono } from 'hono'
import { HaproxyTextError } from '../../../shared/haproxy-text/index.ts'
import type { Log } from '../../../shared/log/log.ts'
import { ApiError } from '../api-error.ts'
import type { Answer, Call, Route } from './call.ts'
import { isKnownElsewhere } from './known-elsewhere.ts'

export interface AppOptions {
  routes: Route[]
  /** Who may call; null: everybody who can reach it. */
  auth: ((authorization: string | null) => 'welcome' | 'missing' | 'wrong') | null
  /** What the answer to this request says the version is. */
  versionFor: (query: URLSearchParams) => number
  log: Log
}

export function createApp({ routes, auth, versionFor, log }: AppOptions): Hono {
  const app = new Hono({ strict: false })
  const respond = (answer: Answer, query: URLSearchParams) => toResponse(answer, versionFor(query))
  const guarded = async (call: Call, work: () => Answer | Promise<Answer>): Promise<Response> => {
    const refused = auth && refusal(auth(call.request.headers.get('authorization')))
    return respond(refused ?? (await caught(work, log)), call.query)
  }
  for (const [path, methods] of byPath(routes)) {
    app.all(`/v3${path.replace(/\{(\w+)\}/g, ':$1')}`, (c) => {
      const call = callOf(c.req.raw, c.req.param())
      return guarded(call, () => dispatch(methods, call))
    })
  }
  app.all('*', (c) => {
    const call = callOf(c.req.raw, {})
    return guarded(call, () => notFound(call))
  })
  return app
}

function byPath(routes: Route[]): Map<string, Route[]> {
  const paths = new Map<string, Route[]>()
  for (const route of routes) paths.set(route.path, [...(paths.get(route.path) ?? []), route])
  return paths
}

function callOf(request: Request, params: Record<string, string>): Call {
  const url = new URL(request.url)
  return { request, path: url.pathname, params, query: url.searchParams }
}

function dispatch(methods: Route[], call: Call): Answer | Promise<Answer> {
  const { method } = call.request
  const route = methods.find((each) => each.method === method)
  if (!route) return wrongMethod(methods, call)
  checkMediaTypes(route, call.request.headers)
  return route.handle(call)
}

function wrongMethod(methods: Route[], { request, path }: Call): Answer {
  const message = `method ${request.method} is not allowed for path ${path}`
  const allow = methods
    .map(({ method }) => method)
    .sort()
    .join(',')
  return { ...failure(405, message), headers: { Allow: allow } }
}

function checkMediaTypes({ consumes, produces }: Route, headers: Headers): void {
  const type = headers.get('content-type')
  if (consumes && type?.split(';')[0]?.trim().toLowerCase() !== consumes && type !== null)
    throw new ApiError(415, `header Content-Type has unexpected value ${JSON.stringify(type)}`)
  const accept = headers.get('accept') ?? '*/*'
  if (!produces && !/\*\/\*|application\/(\*|json)/i.test(accept))
    throw new ApiError(406, 'unsupported media type requested, only [application/json] are available')
}

function notFound({ path, request }: Call): Answer {
  if (path === '/v3' || path === '/v3/') return failure(404, 'no matching operation was found')
  if (!isKnownElsewhere(path)) return failure(404, `path ${path} was not found`)
  return failure(
    501,
    `${request.method} ${path} is not served by the embedded data plane, only by HAProxy's own Data Plane API`,
  )
}

async function caught(work: () => Answer | Promise<Answer>, log: Log): Promise<Answer> {
  try {
    return await work()
  } catch (error) {
    if (error instanceof ApiError) return failure(error.status, error.message)
    if (error instanceof HaproxyTextError)
      return failure(/is not served here$/.test(error.message) ? 501 : 422, error.message)
    log.error('a call to the data plane failed', { error })
    return failure(500, 'the data plane met an unexpected error: its log tells more')
  }
}

const failure = (code: number, message: string): Answer => ({ status: code, json: { code, message } })

function refusal(found: 'welcome' | 'missing' | 'wrong'): Answer | null {
  if (found === 'welcome') return null
  const message = found === 'missing' ? 'missing or invalid authorization' : 'unauthorized'
  return { ...failure(401, message), headers: { 'WWW-Authenticate': 'Basic realm="API"' } }
}

function toResponse({ status, json, text, contentType, headers = {} }: Answer, version: number): Response {
  const all: Record<string, string> = { 'Configuration-Version': String(version), ...headers }
  if (text !== undefined)
    return new Response(text, { status, headers: { ...all, 'Content-Type': contentType ?? 'text/plain' } })
  if (json === undefined) return new Response(null, { status, headers: all })
  return new Response(`${JSON.stringify(json)}\n`, { status, headers: { ...all, 'Content-Type': 'application/json' } })
}
