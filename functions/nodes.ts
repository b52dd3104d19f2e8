import { createRoute, z } from '@hono/zod-openapi'
import { Label } from '../shared/domain/agent.ts'
import { AppError } from '../shared/errors.ts'
import { nodeState } from '../shared/nodes/node-record.ts'
import { guardedFailures } from './access.ts'
import { actorOf } from './actor.ts'
import { json } from './answer.ts'
import type { App } from './app-env.ts'
import type { Deps } from './deps.ts'
import { CONDITIONAL_CREATION, conditional, conditionalRead, okTagged, preconditionsOf, tagged } from './etag.ts'
import { assertHas } from './lacks.ts'
import { type Node, NodePut, NodePutAnswer, Nodes, nodeAddress, OneNode, putMessage } from './node-answer.ts'
import { body, Message, ok, onlyCredentials } from './schemas.ts'

/** The state of one that the front's settings name: no write changes it. */
const CONFIGURED = 'configured'

/** Those of the front's settings are named by host and port. */
const NodePath = z.object({ name: z.string().max(255).openapi({ example: 'local' }) })
const NewNodePath = z.object({ name: Label.meta({ example: 'frankfurt' }) })

/** The HAProxies that the front keeps as they should be. */
export function nodeRoutes(app: App, { services: { gateway, nodes }, access, lacks, clientAddress }: Deps): void {
  const tags = ['Nodes']
  const readers = access('administrators, also read-only ones')

  const nodeOf = async (name: string): Promise<z.infer<typeof Node> | undefined> =>
    (await gateway.nodes()).find((each) => each.name === name)

  const list = createRoute({
    ...readers,
    method: 'get',
    path: '/api/nodes',
    tags,
    summary: 'All data planes, and how they are',
    responses: { 200: ok('They', Nodes), ...guardedFailures() },
  })
  app.openapi(list, async (c) => json(c, { success: true as const, nodes: await gateway.nodes() }, 200))

  const read = createRoute({
    ...readers,
    method: 'get',
    path: '/api/nodes/{name}',
    tags,
    summary: 'One data plane, and how it is',
    request: { params: NodePath, ...conditionalRead },
    responses: {
      ...okTagged('It', OneNode),
      ...guardedFailures('INVALID_INPUT', 'NODE_NOT_FOUND', 'PRECONDITION_FAILED'),
    },
  })
  app.openapi(read, async (c) => {
    const { name } = c.req.valid('param')
    const [node, record] = await Promise.all([nodeOf(name), nodes.find(name)])
    if (!node) throw notFound()
    return tagged(c, { success: true as const, node }, record ? nodeState(record) : CONFIGURED)
  })

  const put = createRoute({
    ...access('administrators'),
    method: 'put',
    path: '/api/nodes/{name}',
    tags,
    summary: 'Drive another HAProxy by its Data Plane API: it is brought to all that was accepted',
    request: { params: NewNodePath, headers: z.object(CONDITIONAL_CREATION), ...body(NodePut) },
    responses: {
      201: ok('It is new', NodePutAnswer),
      200: ok('It was there, and is at this address now', NodePutAnswer),
      202: ok('It is kept, and could not be reached yet', NodePutAnswer),
      ...guardedFailures(
        'INVALID_INPUT',
        'NODE_EXISTS',
        'NODE_IS_CONFIGURED',
        'TOO_MANY_NODES',
        'NOT_SUPPORTED',
        'PRECONDITION_FAILED',
      ),
    },
  })
  app.openapi(put, async (c) => {
    const { name } = c.req.valid('param')
    const address = nodeAddress(c.req.valid('json'))
    if (address.ca !== null) assertHas(lacks, 'node-ca')
    await assertOther(name, address.url)
    const did = await nodes.put(name, address, actorOf(c, clientAddress(c)), preconditionsOf(c))
    await gateway.refreshNodes()
    const node = await nodeOf(name)
    if (!node) throw notFound()
    const answer = { success: true as const, message: putMessage(node, did), node }
    return json(c, answer, node.reachable ? (did === 'created' ? 201 : 200) : 202)
  })

  /** What the settings name is theirs. */
  const assertOther = async (name: string, url: string | null) => {
    const same = (await gateway.nodes()).find((node) => node.configured && (node.name === name || node.url === url))
    if (same?.name === name)
      throw new AppError(
        'NODE_IS_CONFIGURED',
        `The node ${name} comes from the front’s own settings, which alone can change it`,
      )
    if (same) throw new AppError('NODE_EXISTS', `The node ${same.name} has this address already`)
  }

  const remove = createRoute({
    ...access('administrators'),
    method: 'delete',
    path: '/api/nodes/{name}',
    tags,
    summary: 'Drive a node no longer. Its HAProxy keeps what it has',
    request: { params: NodePath, ...conditional, ...onlyCredentials },
    responses: {
      200: ok('It is left alone from now on', Message),
      ...guardedFailures('INVALID_INPUT', 'NODE_NOT_FOUND', 'NODE_IS_CONFIGURED', 'PRECONDITION_FAILED'),
    },
  })
  app.openapi(remove, async (c) => {
    const { name } = c.req.valid('param')
    await assertOther(name, null)
    await nodes.remove(name, actorOf(c, clientAddress(c)), preconditionsOf(c))
    await gateway.refreshNodes()
    const message = `The node ${name} is not driven any more. Its HAProxy keeps what it has and goes on serving it, also routes that are removed later: stop it, or take it out of what leads to it`
    return json(c, { success: true as const, message }, 200)
  })

  const reconcile = createRoute({
    ...access('administrators'),
    method: 'post',
    path: '/api/nodes/{name}/reconcile',
    tags,
    summary: 'Compare a node with what was accepted, now, and put it right',
    request: { params: NodePath, ...onlyCredentials },
    responses: { 200: ok('The node afterwards', OneNode), ...guardedFailures('INVALID_INPUT', 'NODE_NOT_FOUND') },
  })
  app.openapi(reconcile, async (c) => {
    const { name } = c.req.valid('param')
    await gateway.reconcile(name)
    const node = await nodeOf(name)
    if (!node) throw notFound()
    return json(c, { success: true as const, node }, 200)
  })
}

const notFound = () => new AppError('NODE_NOT_FOUND', 'There is no node of this name')
