import { createRoute, z } from '@hono/zod-openapi'
import { guardedFailures } from './access.ts'
import { json } from './answer.ts'
import type { App } from './app-env.ts'
import type { Deps } from './deps.ts'
import { afterOf, cursorOf, Paging } from './paging.ts'
import { ok } from './schemas.ts'

const Entry = z
  .strictObject({
    id: z.string(),
    at: z.string(),
    actor: z.string().openapi({ example: 'agent vps-1' }),
    address: z.string().nullable(),
    requestId: z.string().nullable(),
    action: z.string().openapi({ example: 'agent.register' }),
    target: z.string(),
    outcome: z.enum(['done', 'refused']),
    details: z.record(z.string(), z.unknown()),
  })
  .openapi('AuditEntry')
const AuditPage = z
  .strictObject({ success: z.literal(true), entries: z.array(Entry), cursor: z.string().nullable() })
  .openapi('AuditPage')

/** Who changed what, when, from where. */
export function auditRoutes(app: App, { services: { audit }, access }: Deps): void {
  const list = createRoute({
    ...access('administrators, also read-only ones'),
    method: 'get',
    path: '/api/audit',
    tags: ['Audit'],
    summary: 'The audit log, newest first',
    request: { query: Paging },
    responses: { 200: ok('A page of it', AuditPage), ...guardedFailures('INVALID_INPUT') },
  })
  app.openapi(list, async (c) => {
    const { limit, cursor } = c.req.valid('query')
    const { entries, next } = await audit.list({ after: afterOf('audit', cursor), limit })
    return json(c, { success: true as const, entries, cursor: cursorOf('audit', next) }, 200)
  })
}
