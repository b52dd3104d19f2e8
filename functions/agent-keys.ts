import { createRoute, z } from '@hono/zod-openapi'
import { guardedFailures } from './access.ts'
import { actorOf } from './actor.ts'
import { json } from './answer.ts'
import type { App } from './app-env.ts'
import type { Deps } from './deps.ts'
import { conditional, preconditionsOf } from './etag.ts'
import { AgentPath, Message, ok, onlyCredentials } from './schemas.ts'
import { TokenFields, tokenAnswer } from './token-answer.ts'

const NewKey = z
  .strictObject({
    success: z.literal(true),
    message: z.string(),
    agentId: z.string(),
    agentKey: z.string().openapi({ description: 'Shown only now' }),
    ...TokenFields,
  })
  .openapi('NewKey')

/** What an agent, or the administrator for it, does when a key or a token may have been seen. */
export function agentKeyRoutes(app: App, { services, access, clientAddress }: Deps): void {
  const failing = guardedFailures('INVALID_INPUT', 'AGENT_NOT_FOUND', 'PRECONDITION_FAILED')
  const rotate = createRoute({
    ...access('administrators and the agent itself'),
    method: 'post',
    path: '/api/agents/{agentId}/rotate-key',
    tags: ['Agents'],
    summary: 'A new key; the old one and all tokens are refused from now on',
    request: { params: AgentPath, ...conditional, ...onlyCredentials },
    responses: { 200: ok('The new key', NewKey), ...failing },
  })
  app.openapi(rotate, async (c) => {
    const { agentId } = c.req.valid('param')
    const agentKey = services.newAgentKey()
    const actor = actorOf(c, clientAddress(c))
    const agent = await services.agents.replaceKey(agentId, agentKey, actor, preconditionsOf(c))
    const message = `Agent ${agentId} has a new key; its old one and all its tokens are refused`
    return json(c, { success: true as const, message, agentId, agentKey, ...(await tokenAnswer(services, agent)) }, 200)
  })

  const revoke = createRoute({
    ...access('administrators and the agent itself'),
    method: 'post',
    path: '/api/agents/{agentId}/revoke',
    tags: ['Agents'],
    summary: 'All tokens and certificates of the agent are refused from now on',
    request: { params: AgentPath, ...conditional, ...onlyCredentials },
    responses: { 200: ok('Revoked', Message), ...failing },
  })
  app.openapi(revoke, async (c) => {
    const { agentId } = c.req.valid('param')
    await services.agents.revoke(agentId, actorOf(c, clientAddress(c)), preconditionsOf(c))
    return json(
      c,
      { success: true as const, message: `All tokens and certificates of ${agentId} are refused from now on` },
      200,
    )
  })
}
