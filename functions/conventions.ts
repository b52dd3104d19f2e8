import type { Context, MiddlewareHandler } from 'hono'
import { bodyLimit } from 'hono/body-limit'
import { AppError } from '../shared/errors.ts'
import { findProblem } from '../shared/lib/json-problem.ts'
import type { App, AppEnv } from './app-env.ts'
import type { Deps } from './deps.ts'
import { malformedJson, notJson } from './errors.ts'
import { countRequests } from './request-metrics.ts'
import { takesBodyAsItComes } from './streamed-bodies.ts'

const REQUEST_ID = /^[\w.-]{8,64}$/
const MAX_BODY_BYTES = 1024 * 1024
/** What takes many things at once takes more of them. */
const MAX_BYTES_OF: Record<string, number> = { '/api/proxy/bulk': 16 * 1024 * 1024 }
const WITH_A_HEADER = ': a larger one needs the credentials in the authorization header'
const JSON_TYPE = /^application\/json *(?:;|$)/i

/**
 * Names each request, and logs one line for each.
 * Around the app rather than a middleware in it: that would make every answer asynchronous, and twice as slow.
 */
export function wrapEveryRequest(
  app: App,
  { log, metrics, now, newId }: Pick<Deps, 'log' | 'metrics' | 'now' | 'newId'>,
): void {
  const dispatch = app.fetch
  const countRequest = countRequests(app, metrics.registry)
  // A random id for each request would cost more than all else that is done here.
  const prefix = newId().slice(0, 13)
  let count = 0
  app.fetch = (request, env, context) => {
    const [startedMs, begunMs] = [now(), performance.now()]
    const given = request.headers.get('x-request-id')
    const requestId = given !== null && REQUEST_ID.test(given) ? given : `${prefix}-${++count}`
    const finish = (response: Response): Response => {
      const { method, url } = request
      const path = pathOf(url)
      countRequest(request, path, response.status, performance.now() - begunMs)
      log.access({
        time: startedMs,
        requestId,
        method,
        path,
        status: response.status,
        ms: now() - startedMs,
      })
      return response
    }
    const response = dispatch(request, Object.assign(env ?? {}, { requestId }), context)
    return response instanceof Promise ? response.then(finish) : finish(response)
  }
}

/** Without the query, which may hold what a log should not. */
function pathOf(url: string): string {
  const start = url.indexOf('/', url.indexOf('://') + 3)
  const end = url.indexOf('?', start)
  return end === -1 ? url.slice(start) : url.slice(start, end)
}

/**
 * A body is JSON, says so, is not too large, and says nothing twice. A large one takes time to look at, so who sends one
 * must show in a header who that is.
 */
export function jsonBody(isKnown: (c: Context<AppEnv>) => Promise<boolean>): MiddlewareHandler<AppEnv> {
  const standard = limitedTo(MAX_BODY_BYTES)
  const own = new Map(Object.entries(MAX_BYTES_OF).map(([path, maxBytes]) => [path, limitedTo(maxBytes)]))
  return async (c, next) => {
    if (takesBodyAsItComes(c.req.path)) return next()
    try {
      const large = own.get(c.req.path)
      const limited = large && (await isKnown(c)) ? large : standard
      return await limited(c, async () => {
        const text = await c.req.text()
        if (text !== '') parsedOnce(c, parseJson(text, c.req.header('content-type') ?? ''))
        // Clients set the type also where they send nothing: that is no field rather than no JSON.
        else if (c.req.header('content-type')) c.req.bodyCache.text = Promise.resolve('{}') as never
        await next()
      })
    } catch (cause) {
      // What handlers throw is answered before it comes here: so this is the client's connection.
      throw cause instanceof AppError ? cause : new AppError('MALFORMED_REQUEST', 'The body broke off', { cause })
    }
  }
}

const limitedTo = (maxSize: number) =>
  bodyLimit({
    maxSize,
    onError: (c) => {
      const hint = c.req.path in MAX_BYTES_OF && maxSize === MAX_BODY_BYTES ? WITH_A_HEADER : ''
      throw new AppError('BODY_TOO_LARGE', `The body is larger than ${maxSize} bytes${hint}`)
    },
  })

/** Hono parses the text again for each who asks for JSON. */
function parsedOnce(c: Context, body: unknown): void {
  c.req.json = async () => body as never
}

function parseJson(text: string, type: string): unknown {
  if (!JSON_TYPE.test(type)) {
    throw notJson()
  }
  // Before it is parsed: what has too much of something would take long.
  const problem = findProblem(text)
  if (problem !== null) throw new AppError('MALFORMED_JSON', `The body ${problem}`)
  return parsed(text)
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (cause) {
    throw malformedJson(cause)
  }
}
