import type { Context, MiddlewareHandler } from 'hono'
import { AppError } from '../shared/errors.ts'
import type { Authenticate, Credentials } from '../shared/identity/authenticate.ts'
import { mayCall, type Who } from '../shared/identity/permissions.ts'
import type { AppEnv } from './app-env.ts'
import { failures } from './openapi.ts'

/** To be spread into a route: who may call it, checked before anything else is, and said in the OpenAPI document. */
export type Access = <W extends Who>(
  who: W,
) => {
  'x-who': W
  security: Record<string, string[]>[]
  middleware: MiddlewareHandler<AppEnv>[]
}

export function createAccess(authenticate: Authenticate, clientAddress: (c: Context<AppEnv>) => string): Access {
  const check =
    (who: Who): MiddlewareHandler<AppEnv> =>
    async (c, next) => {
      const body = await bodyOf(c)
      const principal = await authenticate(credentialsOf(c, body, clientAddress(c)))
      if (!mayCall(who, principal, c.req.param('agentId') ?? text(body.agentId))) {
        throw new AppError('FORBIDDEN', `This is for ${who}`)
      }
      c.set('principal', principal)
      return next()
    }
  return (who) =>
    who === 'everybody'
      ? { 'x-who': who, security: [], middleware: [] }
      : { 'x-who': who, security: [{ bearer: [] }], middleware: [check(who)] }
}

/** The failures that every guarded call may answer with, beside its own. */
export const guardedFailures = (...codes: Parameters<typeof failures>) =>
  failures('UNAUTHORIZED', 'INVALID_CREDENTIALS', 'FORBIDDEN', 'AGENT_SUSPENDED', 'TOO_MANY_REQUESTS', ...codes)

function credentialsOf(c: Context<AppEnv>, body: Record<string, unknown>, address: string): Credentials {
  const authorization = c.req.header('authorization')
  if (authorization !== undefined) {
    const [, token] = /^Bearer +([\x21-\x7e]{1,4096})$/i.exec(authorization) ?? []
    return token === undefined ? { kind: 'none' } : { kind: 'bearer', token }
  }
  const isRead = c.req.method === 'GET'
  const agentId = isRead ? text(c.req.header('x-agent-id')) : text(body.agentId)
  const agentKey = isRead ? text(c.req.header('x-agent-key')) : text(body.agentKey)
  return agentId === null || agentId.length > MAX_AGENT_ID_LENGTH || agentKey === null
    ? { kind: 'none' }
    : { kind: 'key', agentId, agentKey, address }
}

/** Only to see who asks: the route's schema looks at the rest. */
async function bodyOf(c: Context<AppEnv>): Promise<Record<string, unknown>> {
  if (c.req.method === 'GET' || (await c.req.text()) === '') return {}
  const body: unknown = await c.req.json()
  return typeof body === 'object' && body !== null ? { ...body } : {}
}

const MAX_CREDENTIAL_LENGTH = 256
/** What is throttled is remembered by its name, so names must be short. */
const MAX_AGENT_ID_LENGTH = 63
const text = (value: unknown): string | null =>
  typeof value === 'string' && value !== '' && value.length <= MAX_CREDENTIAL_LENGTH ? value : null
