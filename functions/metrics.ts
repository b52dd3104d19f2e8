import { createRoute, z } from '@hono/zod-openapi'
import { TEXT_FORMAT } from '../shared/metrics/registry.ts'
import { guardedFailures } from './access.ts'
import { answer } from './answer.ts'
import type { App } from './app-env.ts'
import type { Deps } from './deps.ts'

const EXAMPLE = '# HELP front_node_up 1: the node answers\n# TYPE front_node_up gauge\nfront_node_up{node="local"} 1\n'

/** Figures for Prometheus. */
export function metricsRoutes(app: App, { metrics, services, access, log, now }: Deps): void {
  const read = createRoute({
    ...access('administrators and metrics readers'),
    method: 'get',
    path: '/api/metrics',
    tags: ['Health'],
    summary: 'What the front measures, in Prometheus’ text format',
    responses: {
      200: { description: 'The metrics', content: { [TEXT_FORMAT]: { schema: z.string(), example: EXAMPLE } } },
      ...guardedFailures(),
    },
  })
  app.openapi(read, async (c) => answer(c, await metrics.print({ ...services, log, now }), 200, TEXT_FORMAT) as never)
}
