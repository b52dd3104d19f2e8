import { createRoute, z } from '@hono/zod-openapi'
import { AppError } from '../shared/errors.ts'
import { type AccessToken, NewToken, TOKEN_KINDS, tokenKey } from '../shared/identity/access-tokens.ts'
import { guardedFailures } from './access.ts'
import { actorOf } from './actor.ts'
import { json } from './answer.ts'
import type { App } from './app-env.ts'
import type { Deps } from './deps.ts'
import { afterOf, cursorOf, Paging } from './paging.ts'
import { body, Message, ok, onlyCredentials } from './schemas.ts'

const TokenInfo = z
  .strictObject({
    id: z.string(),
    kind: z.enum(TOKEN_KINDS),
    name: z.string().nullable(),
    usesLeft: z.int().nullable(),
    namePattern: z.string().nullable(),
    expiresAt: z.string().nullable(),
    createdAt: z.string(),
  })
  .openapi('TokenInfo')
const TokenPage = z
  .strictObject({ success: z.literal(true), tokens: z.array(TokenInfo), cursor: z.string().nullable() })
  .openapi('TokenPage')
const CreatedToken = z
  .strictObject({
    success: z.literal(true),
    token: z.string().openapi({ description: 'Shown only now' }),
    ...TokenInfo.shape,
  })
  .openapi('CreatedToken')

/** Tokens for enrolment, for administrators, for reading, for metrics. */
export function tokenRoutes(app: App, { kv, services: { tokens, audit }, access, clientAddress }: Deps): void {
  const create = createRoute({
    ...access('administrators'),
    method: 'post',
    path: '/api/tokens',
    tags: ['Tokens'],
    summary: 'Make a token',
    request: body(NewToken),
    responses: { 201: ok('The token', CreatedToken), ...guardedFailures('INVALID_INPUT') },
  })
  app.openapi(create, async (c) => {
    const input = c.req.valid('json')
    const limits = input.uses !== undefined || input.namePattern !== undefined
    if (limits && input.kind !== 'enrollment') {
      throw new AppError('INVALID_INPUT', 'uses and namePattern are for enrolment tokens alone')
    }
    const { text, token, write } = await tokens.prepare(input)
    const happening = { action: 'token.create', target: token.id, details: { kind: token.kind } }
    await kv.commit([], [write, audit.entry(actorOf(c, clientAddress(c)), happening)])
    return json(c, { success: true as const, token: text, ...toInfo(token) }, 201)
  })

  const list = createRoute({
    ...access('administrators, also read-only ones'),
    method: 'get',
    path: '/api/tokens',
    tags: ['Tokens'],
    summary: 'All tokens, without their texts',
    request: { query: Paging },
    responses: { 200: ok('A page of them', TokenPage), ...guardedFailures('INVALID_INPUT') },
  })
  app.openapi(list, async (c) => {
    const { limit, cursor } = c.req.valid('query')
    const page = await tokens.list({ after: afterOf('tokens', cursor), limit })
    return json(
      c,
      { success: true as const, tokens: page.tokens.map(toInfo), cursor: cursorOf('tokens', page.next) },
      200,
    )
  })

  const remove = createRoute({
    ...access('administrators'),
    method: 'delete',
    path: '/api/tokens/{id}',
    tags: ['Tokens'],
    summary: 'Withdraw a token',
    request: {
      ...onlyCredentials,
      params: z.object({
        id: z
          .string()
          .regex(/^[0-9a-f]{24}$/, 'must be the id of a token')
          .openapi({ example: '0f1e2d3c4b5a69788f0f1e2d' }),
      }),
    },
    responses: { 200: ok('Withdrawn', Message), ...guardedFailures('INVALID_INPUT', 'TOKEN_NOT_FOUND') },
  })
  app.openapi(remove, async (c) => {
    const { id } = c.req.valid('param')
    const entry = await tokens.get(id)
    if (!entry) throw new AppError('TOKEN_NOT_FOUND', `There is no token ${id}`)
    const told = audit.entry(actorOf(c, clientAddress(c)), {
      action: 'token.delete',
      target: id,
      details: { kind: entry.value.kind },
    })
    await kv.commit([], [{ key: tokenKey(id), delete: true }, told])
    return json(c, { success: true as const, message: `Token ${id} is withdrawn` }, 200)
  })
}

const toInfo = ({ hash: _, ...info }: AccessToken): z.infer<typeof TokenInfo> => info
