import type { Context, MiddlewareHandler } from 'hono'
import { bodyLimit } from 'hono/body-limit'
import { AppError } from '../shared/errors.ts'
import { findProblem } from '../shared/lib/json-problem.ts'
import type { App } from './app-env.ts'
import type { Deps } from './deps.ts'
import { malformedJson, notJson } from './errors.ts'
import { takesBodyAsItComes } from './streamed-bodies.ts'

const REQUEST_ID = /^[\w.-]{8,64}$/
const MAX_BODY_BYTES = 1024 * 1024
/** What takes many things at once takes more of them. */
const MAX_BYTES_OF: Record<string, number> = { '/api/proxy/bulk': 16 * 1024 * 1024 }
const JSON_TYPE = /^application\/json *(?:;|$)/i

/**
 * Names each request, and logs one line for each.
 * Around the app rather than a middleware in it: that would make every answer asynchronous, and twice as slow.
 */
export function wrapEveryRequest(app: App, { log, now, newId }: Pick<Deps, 'log' | 'now' | 'newId'>): void {
  const dispatch = app.fetch
  // A random id for each request would cost more than all else that is done here.
  const prefix = newId().slice(0, 13)
  let count = 0
  app.fetch = (request, env, context) => {
    const startedMs = now()
    const given = request.headers.get('x-request-id')
    const requestId = given !== null && REQUEST_ID.test(given) ? given : `${prefix}-${++count}`
    const finish = (response: Response): Response => {
      const { method, url } = request
      log.access({
        time: startedMs,
        requestId,
        method,
        path: pathOf(url),
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

/** A body is JSON, says so, is not too large, and says nothing twice. */
export function jsonBody(): MiddlewareHandler {
  const standard = limitedTo(MAX_BODY_BYTES)
  const own = new Map(Object.entries(MAX_BYTES_OF).map(([path, maxBytes]) => [path, limitedTo(maxBytes)]))
  return async (c, next) => {
    if (takesBodyAsItComes(c.req.path)) return next()
    try {
      return await (own.get(c.req.path) ?? standard)(c, async () => {
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
    onError: () => {
      throw new AppError('BODY_TOO_LARGE', `The body is larger than ${maxSize} bytes`)
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
  const body = parsed(text)
  const problem = findProblem(text)
  if (problem !== null) throw new AppError('MALFORMED_JSON', `The body ${problem}`)
  return body
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (cause) {
    throw malformedJson(cause)
  }
}
