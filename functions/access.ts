import type { Context, MiddlewareHandler } from 'hono'
import type { Refusals } from '../shared/audit/refusals.ts'
import { AppError } from '../shared/errors.ts'
import type { Authenticate, Credentials } from '../shared/identity/authenticate.ts'
import { mayCall, type Who } from '../shared/identity/permissions.ts'
import type { WriteLimit } from '../shared/identity/write-limit.ts'
import { actorOf } from './actor.ts'
import type { AppEnv } from './app-env.ts'
import type { Idempotent } from './idempotency.ts'
import { failures } from './openapi.ts'
import { isTooLargeToKeep, takesBodyAsItComes } from './streamed-bodies.ts'

/** To be spread into a route: who may call it, checked before anything else is, and said in the OpenAPI document. */
export type Access = <W extends Who>(
  who: W,
  ownerOf?: OwnerOf,
) => {
  'x-who': W
  security: Record<string, string[]>[]
  middleware: MiddlewareHandler<AppEnv>[]
}

/** Whose the thing is that is called for, where neither the path nor the body's `agentId` says it. */
type OwnerOf = (c: Context<AppEnv>, body: Record<string, unknown>) => string | null

export interface AccessOptions {
  authenticate: Authenticate
  clientAddress: (c: Context<AppEnv>) => string
  refusals: Refusals
  writeLimit: WriteLimit
  idempotent: Idempotent
}

export function createAccess(options: AccessOptions): Access {
  const { authenticate, clientAddress, refusals, writeLimit, idempotent } = options
  const check =
    (who: Who, ownerOf: OwnerOf): MiddlewareHandler<AppEnv> =>
    async (c, next) => {
      const address = clientAddress(c)
      const body = await bodyOf(c)
      const principal = c.get('principal') ?? (await authenticate(credentialsOf(c, body, address)))
      c.set('principal', principal)
      if (!mayCall(who, principal, ownerOf(c, body))) {
        await refusals(actorOf(c, address), `${c.req.method} ${c.req.path.slice(0, MAX_TARGET_LENGTH)}`)
        throw new AppError('FORBIDDEN', `This is for ${who}`)
      }
      if (READS.includes(c.req.method)) return next()
      writeLimit(principal)
      return isTooLargeToKeep(c.req.path) ? next() : idempotent(c, next)
    }
  return (who, ownerOf = namedOwner) =>
    who === 'everybody'
      ? { 'x-who': who, security: [], middleware: [] }
      : { 'x-who': who, security: [{ bearer: [] }], middleware: [check(who, ownerOf)] }
}

/** Whether who asks is known at all, by its header: asked before a large body is looked at. */
export function createGreeting({
  authenticate,
}: Pick<AccessOptions, 'authenticate'>): (c: Context<AppEnv>) => Promise<boolean> {
  return async (c) => {
    const credentials = bearerOf(c)
    if (credentials === null) return false
    c.set('principal', await authenticate(credentials))
    return true
  }
}

/** The failures that every guarded call may answer with, beside its own. */
export const guardedFailures = (...codes: Parameters<typeof failures>) =>
  failures('UNAUTHORIZED', 'INVALID_CREDENTIALS', 'FORBIDDEN', 'AGENT_SUSPENDED', 'TOO_MANY_REQUESTS', ...codes)

function credentialsOf(c: Context<AppEnv>, body: Record<string, unknown>, address: string): Credentials {
  const bearer = bearerOf(c)
  if (bearer !== null) return bearer
  const isRead = READS.includes(c.req.method)
  const agentId = isRead ? text(c.req.header('x-agent-id')) : text(body.agentId)
  const agentKey = isRead ? text(c.req.header('x-agent-key')) : text(body.agentKey)
  return agentId === null || agentId.length > MAX_AGENT_ID_LENGTH || agentKey === null
    ? { kind: 'none' }
    : { kind: 'key', agentId, agentKey, address }
}

function bearerOf(c: Context<AppEnv>): Credentials | null {
  const authorization = c.req.header('authorization')
  if (authorization === undefined) return null
  const [, token] = /^Bearer +([\x21-\x7e]{1,4096})$/i.exec(authorization) ?? []
  return token === undefined ? { kind: 'none' } : { kind: 'bearer', token }
}

/** Only to see who asks: the route's schema looks at the rest. */
async function bodyOf(c: Context<AppEnv>): Promise<Record<string, unknown>> {
  if (READS.includes(c.req.method) || takesBodyAsItComes(c.req.path) || (await c.req.text()) === '') return {}
  const body: unknown = await c.req.json()
  return typeof body === 'object' && body !== null ? { ...body } : {}
}

const namedOwner: OwnerOf = (c, body) => c.req.param('agentId') ?? text(body.agentId)

const READS = ['GET', 'HEAD']
const MAX_TARGET_LENGTH = 200
const MAX_CREDENTIAL_LENGTH = 256
/** What is throttled is remembered by its name, so names must be short. */
const MAX_AGENT_ID_LENGTH = 63
const text = (value: unknown): string | null =>
  typeof value === 'string' && value !== '' && value.length <= MAX_CREDENTIAL_LENGTH ? value : null
