import { z } from '@hono/zod-openapi'
import type { Context, ErrorHandler, NotFoundHandler } from 'hono'
import { HTTPException } from 'hono/http-exception'
import { TrieRouter } from 'hono/router/trie-router'
import { AppError, MOST_DETAILS, STATUS } from '../shared/errors.ts'
import { firstOf } from '../shared/lib/first-of.ts'
import type { Log } from '../shared/log/log.ts'
import { json } from './answer.ts'
import type { App, AppEnv } from './app-env.ts'
import { sentencesOf } from './problems.ts'

export const ErrorAnswer = z
  .strictObject({
    success: z.literal(false),
    error: z.string().openapi({ description: 'A sentence for a person', example: 'The body is not valid JSON' }),
    code: z.string().openapi({ description: 'Stable, for programs', example: 'MALFORMED_JSON' }),
    details: z.array(z.string()).optional().openapi({ description: 'Each thing that is wrong' }),
  })
  .openapi('Error')

export const malformedJson = (cause: unknown) => new AppError('MALFORMED_JSON', 'The body is not valid JSON', { cause })

export const notJson = (cause?: unknown) =>
  new AppError('UNSUPPORTED_MEDIA_TYPE', 'The body must be JSON: send it with "content-type: application/json"', {
    cause,
  })

export function toErrorAnswer(log: Log): ErrorHandler<AppEnv> {
  return (error, c) => {
    const known = toAppError(error)
    if (STATUS[known.code] >= 500 && known.code !== 'NOT_SUPPORTED') {
      log.error(known.message, {
        requestId: c.env.requestId,
        code: known.code,
        error: known.cause ?? known,
      })
    }
    return answerError(c, known)
  }
}

/** Only our own errors speak to the caller; any other one is for the log alone. */
function toAppError(error: Error): AppError {
  if (error instanceof AppError) return error
  // What Hono's own validators refuse before a schema is asked.
  if (error instanceof HTTPException && error.status === 400) return malformedJson(error)
  if (error instanceof HTTPException && error.status === 415) return notJson(error)
  return new AppError('INTERNAL', 'Something went wrong here, not in your request; the log has the details', {
    cause: error,
  })
}

function answerError(c: Context<AppEnv>, { code, message, details, headers }: AppError): Response {
  return json(c, { success: false, error: message, code, ...(details && { details }) }, STATUS[code], headers)
}

/** As the caller knows them. */
const PLACES: Record<string, string> = { json: 'body', param: 'path' }

/** What a schema found wrong, by the place where it stands: `routes[2].subdomain: …`. */
export function invalidInput(issues: z.core.$ZodIssue[], where: string): AppError {
  const all = sentencesOf(issues).map(({ path, sentence }) => {
    const isStep = path !== '' && !path.startsWith('[')
    return `${PLACES[where] ?? where}${isStep ? '.' : ''}${path}: ${sentence}`
  })
  const details = firstOf(all, MOST_DETAILS)
  return new AppError('INVALID_INPUT', `The request is not valid: ${firstOf(all, 3).join('; ')}`, { details })
}

const METHODS = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE']

/** Of a path that other methods take: which, in a 405. */
export function refusedMethod(app: App): (path: string, isFixed?: boolean) => AppError | null {
  // Not before all routes are declared, hence not before it is needed.
  let declared: TrieRouter<string> | undefined
  return (path, isFixed = false) => {
    declared ??= declaredRoutes(app)
    const { methods, fixed } = allowedAt(declared, path)
    if (methods.length === 0 || (isFixed && !fixed)) return null
    const allow = [...methods, ...(methods.includes('GET') ? ['HEAD'] : [])].join(', ')
    return new AppError('METHOD_NOT_ALLOWED', `${path} takes ${allow}`, { headers: { allow } })
  }
}

/** A path that exists with other methods is 405 and names them; any other is 404. */
export function unknownPath(refusalOf: ReturnType<typeof refusedMethod>): NotFoundHandler<AppEnv> {
  return ({ req: { path } }) => {
    const refused = refusalOf(path)
    if (refused) throw refused
    const tidy = path.replace(/\/{2,}/g, '/').replace(/\/$/, '')
    const hint = tidy !== path && refusalOf(tidy) ? `you may mean ${tidy}` : '/api/docs lists what there is'
    throw new AppError('NOT_FOUND', `There is nothing at ${path}; ${hint}`)
  }
}

function declaredRoutes(app: App): TrieRouter<string> {
  const router = new TrieRouter<string>()
  for (const { method, path } of app.routes) {
    if (METHODS.includes(method) && !path.endsWith('*')) router.add(method, path, path)
  }
  return router
}

/** A fixed path beats one with a parameter: nobody means the agent named `register` by /agents/register. */
function allowedAt(router: TrieRouter<string>, path: string): { methods: string[]; fixed: boolean } {
  const found = METHODS.map((method) => ({
    method,
    paths: router.match(method, path)[0].map(([declared]) => declared),
  }))
  const fixed = found.some(({ paths }) => paths.includes(path))
  const fitting = found.filter(({ paths }) => (fixed ? paths.includes(path) : paths.length > 0))
  return { methods: fitting.map(({ method }) => method), fixed }
}
