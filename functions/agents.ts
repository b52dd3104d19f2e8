import { createRoute, z } from '@hono/zod-openapi'
import { AgentName, IpAddress } from '../shared/domain/agent.ts'
import { Heartbeat } from '../shared/domain/heartbeat.ts'
import { AppError } from '../shared/errors.ts'
import { type AgentRecord, agentState } from '../shared/identity/agent-record.ts'
import { guardedFailures } from './access.ts'
import { actorOf } from './actor.ts'
import { Agent, agentAnswer } from './agent-answer.ts'
import { json } from './answer.ts'
import type { App } from './app-env.ts'
import type { Deps } from './deps.ts'
import { conditional, conditionalRead, etagOf, okTagged, preconditionsOf, tagged } from './etag.ts'
import { afterOf, cursorOf, Paging } from './paging.ts'
import { AgentPath, BodyCredentials, body, Message, ok, onlyCredentials } from './schemas.ts'

const OneAgent = z.strictObject({ success: z.literal(true), agent: Agent }).openapi('OneAgent')
const AgentPage = z
  .strictObject({ success: z.literal(true), agents: z.array(Agent), cursor: z.string().nullable() })
  .openapi('AgentPage')

const AgentChange = z
  .strictObject({
    ...BodyCredentials,
    agentName: AgentName.nullable().optional(),
    targetIp: IpAddress.optional(),
    suspended: z.boolean().optional().openapi({ description: 'For administrators alone' }),
  })
  .openapi('AgentChange')

const HeartbeatReport = z.strictObject({ ...BodyCredentials, ...Heartbeat.shape }).openapi('HeartbeatReport')

/** Agents that are registered: read, change, remove, and hear from them. */
export function agentRoutes(app: App, { services: { agents }, access, clientAddress }: Deps): void {
  const found = async (agentId: string): Promise<AgentRecord> => {
    const agent = await agents.find(agentId)
    if (!agent) throw new AppError('AGENT_NOT_FOUND', `There is no agent ${agentId}`)
    return agent
  }
  const unchangeable = guardedFailures('INVALID_INPUT', 'AGENT_NOT_FOUND', 'PRECONDITION_FAILED')
  const toAnswer = async (agent: AgentRecord) => agentAnswer(agent, await agents.heartbeat(agent.agentId))

  const list = createRoute({
    ...access('administrators, also read-only ones'),
    method: 'get',
    path: '/api/agents',
    tags: ['Agents'],
    summary: 'All agents, by their names',
    request: { query: Paging },
    responses: { 200: ok('A page of them', AgentPage), ...guardedFailures('INVALID_INPUT') },
  })
  app.openapi(list, async (c) => {
    const { limit, cursor } = c.req.valid('query')
    const page = await agents.list({ after: afterOf('agents', cursor), limit })
    const found = await Promise.all(page.agents.map(toAnswer))
    return json(c, { success: true as const, agents: found, cursor: cursorOf('agents', page.next) }, 200)
  })

  const read = createRoute({
    ...access('administrators, also read-only ones, and the agent itself'),
    method: 'get',
    path: '/api/agents/{agentId}',
    tags: ['Agents'],
    summary: 'One agent',
    request: { params: AgentPath, ...conditionalRead },
    responses: { ...okTagged('The agent', OneAgent), ...unchangeable },
  })
  app.openapi(read, async (c) => {
    const agent = await found(c.req.valid('param').agentId)
    return tagged(c, { success: true as const, agent: await toAnswer(agent) }, agentState(agent))
  })

  const change = createRoute({
    ...access('administrators and the agent itself'),
    method: 'patch',
    path: '/api/agents/{agentId}',
    tags: ['Agents'],
    summary: 'Change an agent, or suspend it',
    request: { params: AgentPath, ...conditional, ...body(AgentChange) },
    responses: { 200: ok('The agent as it is now', OneAgent), ...unchangeable },
  })
  app.openapi(change, async (c) => {
    const { agentName, targetIp, suspended } = c.req.valid('json')
    if (agentName === undefined && targetIp === undefined && suspended === undefined) {
      throw new AppError('INVALID_INPUT', 'Nothing to change: send agentName, targetIp or suspended')
    }
    if (suspended !== undefined && c.get('principal').kind !== 'admin') {
      throw new AppError('FORBIDDEN', 'Only an administrator suspends an agent')
    }
    const { agentId } = c.req.valid('param')
    const actor = actorOf(c, clientAddress(c))
    const agent = await agents.change(agentId, { agentName, targetIp, suspended }, actor, preconditionsOf(c))
    const answer = { success: true as const, agent: await toAnswer(agent) }
    return json(c, answer, 200, { etag: etagOf(agentState(agent)) })
  })

  const remove = createRoute({
    ...access('administrators and the agent itself'),
    method: 'delete',
    path: '/api/agents/{agentId}',
    tags: ['Agents'],
    summary: 'Remove an agent with all that is its own',
    request: { params: AgentPath, ...conditional, ...onlyCredentials },
    responses: { 200: ok('Removed', Message), ...unchangeable },
  })
  app.openapi(remove, async (c) => {
    const { agentId } = c.req.valid('param')
    await agents.remove(agentId, actorOf(c, clientAddress(c)), preconditionsOf(c))
    return json(c, { success: true as const, message: `Agent ${agentId} is removed` }, 200)
  })

  const beat = createRoute({
    ...access('the agent itself'),
    method: 'post',
    path: '/api/agents/{agentId}/heartbeat',
    tags: ['Agents'],
    summary: 'What an agent reports of itself',
    request: { params: AgentPath, ...body(HeartbeatReport) },
    responses: { 200: ok('Kept', Message), ...guardedFailures('INVALID_INPUT') },
  })
  app.openapi(beat, async (c) => {
    const { agentId: _, agentKey: __, ...report } = c.req.valid('json')
    const { at } = await agents.beat(c.req.valid('param').agentId, report, actorOf(c, clientAddress(c)))
    return json(c, { success: true as const, message: `Heard at ${at}` }, 200)
  })
}
