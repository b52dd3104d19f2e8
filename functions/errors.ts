import { z } from '@hono/zod-openapi'
import type { Context, ErrorHandler, NotFoundHandler } from 'hono'
import { HTTPException } from 'hono/http-exception'
import { TrieRouter } from 'hono/router/trie-router'
import { AppError, MOST_DETAILS, STATUS } from '../shared/errors.ts'
import { firstOf } from '../shared/lib/first-of.ts'
import { sentencesOf } from '../shared/lib/problems.ts'
import type { Log } from '../shared/log/log.ts'
import { json } from './answer.ts'
import type { App, AppEnv } from './app-env.ts'

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

/** A path that exists with other methods is 405 and names them; any other is 404. */
export function unknownPath(app: App): NotFoundHandler<AppEnv> {
  // Not before all routes are declared, hence not before it is needed.
  let declared: TrieRouter<string> | undefined
  const allowed = (path: string) => {
    declared ??= declaredRoutes(app)
    const methods = allowedAt(declared, path)
    return methods.includes('GET') ? [...methods, 'HEAD'] : methods
  }
  return ({ req: { path } }) => {
    const allow = allowed(path).join(', ')
    if (allow) throw new AppError('METHOD_NOT_ALLOWED', `${path} takes ${allow}`, { headers: { allow } })
    const tidy = path.replace(/\/{2,}/g, '/').replace(/\/$/, '')
    const isMeant = tidy !== path && allowed(tidy).length > 0
    const hint = isMeant ? `you may mean ${tidy}` : '/api/docs lists what there is'
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

/** A fixed path beats one with a parameter, as it does in the app's own router. */
function allowedAt(router: TrieRouter<string>, path: string): string[] {
  const found = METHODS.map((method) => ({
    method,
    paths: router.match(method, path)[0].map(([declared]) => declared),
  }))
  const isFixed = found.some(({ paths }) => paths.includes(path))
  return found.filter(({ paths }) => (isFixed ? paths.includes(path) : paths.length > 0)).map(({ method }) => method)
}
