import { createRoute, z } from '@hono/zod-openapi'
import { AppError, MOST_DETAILS } from '../shared/errors.ts'
import type { Principal } from '../shared/identity/principal.ts'
import { firstOf } from '../shared/lib/first-of.ts'
import { guardedFailures } from './access.ts'
import { actorOf } from './actor.ts'
import { json } from './answer.ts'
import type { App } from './app-env.ts'
import { Bulk, MOST_AT_ONCE, parseBulk } from './bulk-entries.ts'
import type { Deps } from './deps.ts'
import { PUT_FAILURES, waitOf } from './put-answer.ts'
import { Applied, Status, stateOf, Warnings, warningsAnswer } from './route-answer.ts'
import { body, ok } from './schemas.ts'

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
    ...access('administrators and the agent itself', (c, asked) => ownerAmong(asked, c.get('principal'))),
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
  // By hand, because each entry is looked at by itself.
  app.openAPIRegistry.registerPath(bulk)
  app.on('POST', [bulk.path], ...bulk.middleware, async (c) => {
    if (c.req.header('if-match') ?? c.req.header('if-none-match')) throw notOfOne()
    const body = (await c.req.text()) === '' ? {} : await c.req.json()
    const batch = await parseBulk(body, c.get('principal'))
    const { puts, removed, outcome } = await routes.change(batch, actorOf(c, clientAddress(c)), waitOf(c))
    const count = (did: string) => puts.filter((put) => put.did === did).length
    const [created, changed, unchanged] = [count('created'), count('changed'), count('unchanged')]
    const gone = removed.flat().length
    const first = puts[0]
    const { warnings } = warningsAnswer(puts.map(({ route }) => route))
    const answer: z.infer<typeof BulkAnswer> = {
      success: true,
      message: `${created} routes are new, ${changed} changed, ${unchanged} as they were, ${gone} removed`,
      created,
      changed,
      unchanged,
      removed: gone,
      status: outcome?.status ?? (first ? (await stateOf(first.route, gateway)).status : 'settled'),
      applied: outcome?.applied ?? NOTHING,
      ...(warnings && { warnings: firstOf(warnings, MOST_DETAILS) }),
    }
    return json(c, answer, outcome?.status === 'pending' ? 202 : 200)
  })
}

const notOfOne = () => new AppError('INVALID_INPUT', 'if-match and if-none-match are for one thing, and these are many')

/** An agent is let in where anything of it is its own: what else is in it is told by its place. */
function ownerAmong({ agentId, upsert, remove }: Record<string, unknown>, principal: Principal): string | null {
  if (principal.kind !== 'agent') return null
  const own = principal.agentId
  const parts = [upsert, remove].flatMap((list) => (Array.isArray(list) ? list : []))
  const isOwn = (part: unknown) =>
    (((typeof part === 'object' && part !== null && 'agentId' in part && part.agentId) || agentId) ?? own) === own
  return (parts.length === 0 ? agentId === own : parts.some(isOwn)) ? own : null
}
