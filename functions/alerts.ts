import { createRoute, z } from '@hono/zod-openapi'
import { AppError } from '../shared/errors.ts'
import { guardedFailures } from './access.ts'
import { json } from './answer.ts'
import type { App } from './app-env.ts'
import type { Deps } from './deps.ts'
import { ok, onlyCredentials } from './schemas.ts'

const Tried = z
  .strictObject({
    success: z.literal(true),
    delivered: z.boolean().openapi({ description: 'The webhook took it' }),
    answered: z.int().nullable().openapi({ description: 'The status of its answer; null: it did not answer' }),
  })
  .openapi('AlertTried')

/** Alerts go to a webhook by themselves; here one is sent to try it. */
export function alertRoutes(app: App, { services, access }: Deps): void {
  const test = createRoute({
    ...access('administrators'),
    method: 'post',
    path: '/api/alerts/test',
    tags: ['Health'],
    summary: 'Sends an alert of the kind `test` to the webhook',
    request: onlyCredentials,
    responses: { 200: ok('What came of it', Tried), ...guardedFailures('NOT_SUPPORTED') },
  })
  app.openapi(test, async (c) => {
    if (!services.alerts) throw new AppError('NOT_SUPPORTED', 'Alerts are switched off: set ALERT_URL and ALERT_SECRET')
    const answered = await services.alerts.test()
    const delivered = answered !== null && answered >= 200 && answered < 300
    return json(c, { success: true as const, delivered, answered }, 200)
  })
}
