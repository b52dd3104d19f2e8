import { createRoute, z } from '@hono/zod-openapi'
import { AppError } from '../shared/errors.ts'
import { guardedFailures } from './access.ts'
import { json } from './answer.ts'
import type { App } from './app-env.ts'
import type { Deps } from './deps.ts'
import { ok, onlyCredentials } from './schemas.ts'

export const Node = z
  .strictObject({
    name: z.string().openapi({ example: 'local' }),
    url: z.string().openapi({ description: 'Of its Data Plane API' }),
    reachable: z.boolean(),
    haproxyVersion: z.string().nullable().openapi({ example: '3.0.11' }),
    dataPlaneVersion: z.string().nullable(),
    appliedRevision: z.int().openapi({ description: 'It has everything that was accepted up to this revision' }),
    lagMs: z.number().openapi({ description: 'How long it has been behind' }),
    reloads: z.int(),
    lastReloadAt: z.string().nullable(),
    lastError: z.string().nullable(),
    repairs: z.int().openapi({ description: 'What was found other than it had been left, and put right' }),
    lastRepair: z.strictObject({ at: z.string(), what: z.string(), why: z.string() }).nullable(),
  })
  .openapi('Node')
const Nodes = z.strictObject({ success: z.literal(true), nodes: z.array(Node) }).openapi('Nodes')
const OneNode = z.strictObject({ success: z.literal(true), node: Node }).openapi('OneNode')

const NodePath = z.object({ name: z.string().max(255).openapi({ example: 'local' }) })

/** The HAProxies that the front keeps as they should be. */
export function nodeRoutes(app: App, { services: { gateway }, access }: Deps): void {
  const list = createRoute({
    ...access('administrators, also read-only ones'),
    method: 'get',
    path: '/api/nodes',
    tags: ['Nodes'],
    summary: 'All data planes, and how they are',
    responses: { 200: ok('They', Nodes), ...guardedFailures() },
  })
  app.openapi(list, async (c) => json(c, { success: true as const, nodes: await gateway.nodes() }, 200))

  const reconcile = createRoute({
    ...access('administrators'),
    method: 'post',
    path: '/api/nodes/{name}/reconcile',
    tags: ['Nodes'],
    summary: 'Compare a node with what was accepted, now, and put it right',
    request: { params: NodePath, ...onlyCredentials },
    responses: { 200: ok('The node afterwards', OneNode), ...guardedFailures('INVALID_INPUT', 'NODE_NOT_FOUND') },
  })
  app.openapi(reconcile, async (c) => {
    const { name } = c.req.valid('param')
    await gateway.reconcile(name)
    const node = (await gateway.nodes()).find((each) => each.name === name)
    if (!node) throw new AppError('NODE_NOT_FOUND', 'There is no node of this name')
    return json(c, { success: true as const, node }, 200)
  })
}
