import { createRoute, z } from '@hono/zod-openapi'
import { AppError } from '../shared/errors.ts'
import { sleep } from '../shared/lib/sleep.ts'
import { json } from './answer.ts'
import type { App } from './app-env.ts'
import type { Deps } from './deps.ts'
import { failures } from './openapi.ts'

const STORE_LIMIT_MS = 2_000

const Live = z.strictObject({ success: z.literal(true), status: z.literal('live') }).openapi('Live')
const Ready = z.strictObject({ success: z.literal(true), status: z.literal('ready') }).openapi('Ready')
const Health = z
  .strictObject({
    success: z.literal(true),
    status: z.enum(['ok', 'degraded']),
    version: z.string().openapi({ example: '0.1.0' }),
    checks: z.strictObject({
      store: z.literal('ok'),
      certificates: z
        .enum(['ok', 'expiring'])
        .openapi({ description: 'Whether one will expire that should have been renewed' }),
      dataPlanes: z.enum(['ok', 'some down', 'down']).openapi({ description: 'Whether HAProxy can be told anything' }),
    }),
  })
  .openapi('Health')

/** Public, hence words only: numbers and names are for the administrator. */
export function healthRoutes(app: App, { kv, version, access, now, services: { certificates, gateway } }: Deps): void {
  const health = createRoute({
    ...access('everybody'),
    method: 'get',
    path: '/api/health',
    tags: ['Health'],
    summary: 'Whether every part works',
    responses: {
      200: { description: 'All parts work', content: { 'application/json': { schema: Health } } },
      ...failures('NOT_READY'),
    },
  })

  const live = createRoute({
    ...access('everybody'),
    method: 'get',
    path: '/api/health/live',
    tags: ['Health'],
    summary: 'Whether the process answers',
    responses: { 200: { description: 'It answers', content: { 'application/json': { schema: Live } } } },
  })

  const ready = createRoute({
    ...access('everybody'),
    method: 'get',
    path: '/api/health/ready',
    tags: ['Health'],
    summary: 'Whether it can take work',
    responses: {
      200: { description: 'It can', content: { 'application/json': { schema: Ready } } },
      ...failures('NOT_READY'),
    },
  })

  const assertStore = async () => {
    const tooLate = sleep(STORE_LIMIT_MS).then(() => Promise.reject(new Error(`no answer in ${STORE_LIMIT_MS} ms`)))
    try {
      await Promise.race([kv.list('', { limit: 1 }), tooLate])
    } catch (cause) {
      throw new AppError('NOT_READY', 'The store does not answer', { cause, details: ['store: down'] })
    }
  }

  app.openapi(live, (c) => json(c, { success: true, status: 'live' } as const, 200))
  app.openapi(ready, async (c) => {
    await assertStore()
    if (!(await gateway.ready()))
      throw new AppError('NOT_READY', 'No HAProxy has all routes yet', { details: ['routes: waiting'] })
    return json(c, { success: true, status: 'ready' } as const, 200)
  })
  app.openapi(health, async (c) => {
    await assertStore()
    const expiring = await certificates.expiring(now())
    const checks = {
      store: 'ok',
      certificates: expiring.length === 0 ? 'ok' : 'expiring',
      dataPlanes: dataPlanesOf((await gateway.nodes()).map(({ reachable }) => reachable)),
    } as const
    const status = expiring.length === 0 && checks.dataPlanes === 'ok' ? 'ok' : 'degraded'
    return json(c, { success: true as const, status, version, checks } as const, 200)
  })
}

const dataPlanesOf = (reachable: boolean[]) =>
  reachable.includes(true) ? (reachable.includes(false) ? 'some down' : 'ok') : 'down'
