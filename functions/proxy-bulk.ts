import { createRoute, z } from '@hono/zod-openapi'
import { AgentId } from '../shared/domain/agent.ts'
import { HttpRouteFields, MongodbRouteFields, RemovalFields } from '../shared/domain/route-input.ts'
import { AppError } from '../shared/errors.ts'
import { guardedFailures } from './access.ts'
import { actorOf } from './actor.ts'
import { json } from './answer.ts'
import type { App } from './app-env.ts'
import type { Deps } from './deps.ts'
import { PUT_FAILURES, waitOf } from './put-answer.ts'
import { Applied, Status, stateOf, Warnings, warningsAnswer } from './route-answer.ts'
import { BodyCredentials, body, ok } from './schemas.ts'

const MOST_AT_ONCE = 10_000
const agentId = AgentId.optional().openapi({ description: 'The body’s own agentId if not given' })

const Bulk = z
  .strictObject({
    agentId,
    agentKey: BodyCredentials.agentKey,
    upsert: z
      .array(
        z.discriminatedUnion('type', [
          z.strictObject({ type: z.literal('http'), agentId, ...HttpRouteFields }),
          z.strictObject({ type: z.literal('mongodb'), agentId, ...MongodbRouteFields }),
        ]),
      )
      .max(MOST_AT_ONCE, `must be at most ${MOST_AT_ONCE}`)
      .default([]),
    remove: z
      .array(z.strictObject({ agentId, ...RemovalFields }))
      .max(MOST_AT_ONCE, `must be at most ${MOST_AT_ONCE}`)
      .default([])
      .openapi({ description: 'Done before anything is put. What is not there needs no removing' }),
  })
  .openapi('Bulk')

const BulkAnswer = z
  .strictObject({
    success: z.literal(true),
    message: z.string(),
    created: z.int(),
    changed: z.int(),
    unchanged: z.int(),
    removed: z.int(),
    status: Status,
    applied: Applied,
    warnings: Warnings,
  })
  .openapi('BulkAnswer')

const NOTHING = { via: 'none' as const, why: 'nothing changed', steps: [] }

/** Many routes in one commit: all of them or none. */
export function proxyBulkRoutes(app: App, { services: { routes, gateway }, access, clientAddress }: Deps): void {
  const bulk = createRoute({
    ...access('administrators and the agent itself', (_, asked) => commonOwner(asked)),
    method: 'post',
    path: '/api/proxy/bulk',
    tags: ['Routes'],
    summary: `Up to ${MOST_AT_ONCE} routes at once, all or nothing`,
    request: body(Bulk),
    responses: {
      200: ok('All of it is done', BulkAnswer),
      202: ok('All of it is accepted; no data plane can be reached', BulkAnswer),
      ...guardedFailures(...PUT_FAILURES),
    },
  })
  app.openapi(bulk, async (c) => {
    const { upsert, remove, agentId: common } = c.req.valid('json')
    if (upsert.length + remove.length === 0) throw new AppError('INVALID_INPUT', 'Nothing to do: send upsert or remove')
    if (upsert.length + remove.length > MOST_AT_ONCE) {
      throw new AppError(
        'INVALID_INPUT',
        `At most ${MOST_AT_ONCE} at once, and these are ${upsert.length + remove.length}`,
      )
    }
    const batch = { upsert: owned(upsert, common, 'upsert'), remove: owned(remove, common, 'remove') }
    const { puts, removed, outcome } = await routes.change(batch, actorOf(c, clientAddress(c)), waitOf(c))
    const count = (did: string) => puts.filter((put) => put.did === did).length
    const [created, changed, unchanged] = [count('created'), count('changed'), count('unchanged')]
    const gone = removed.flat().length
    const first = puts[0]
    const answer: z.infer<typeof BulkAnswer> = {
      success: true,
      message: `${created} routes are new, ${changed} changed, ${unchanged} as they were, ${gone} removed`,
      created,
      changed,
      unchanged,
      removed: gone,
      status: outcome?.status ?? (first ? (await stateOf(first.route, gateway)).status : 'settled'),
      applied: outcome?.applied ?? NOTHING,
      ...warningsAnswer(puts.map(({ route }) => route)),
    }
    return json(c, answer, outcome?.status === 'pending' ? 202 : 200)
  })
}

/** Whose all parts are: `null` where they are several agents' or nobody's. */
function commonOwner({ agentId, upsert, remove }: Record<string, unknown>): string | null {
  const parts = [upsert, remove].flatMap((list) => (Array.isArray(list) ? list : []))
  const owners = new Set(parts.map((part) => (typeof part === 'object' && part !== null && part.agentId) || agentId))
  const [owner] = owners
  return owners.size === 1 && typeof owner === 'string' ? owner : null
}

function owned<T extends { agentId?: string | undefined }>(parts: T[], common: string | undefined, list: string) {
  return parts.map((part, i) => {
    const agentId = part.agentId ?? common
    if (agentId === undefined) throw new AppError('INVALID_INPUT', `${list}[${i}]: the agentId is missing`)
    return { ...part, agentId }
  })
}
