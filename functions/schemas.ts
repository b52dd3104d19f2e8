import { z } from '@hono/zod-openapi'
import { AgentId } from '../shared/domain/agent.ts'

/** An agent may show its key in the body of a write, instead of a token. */
export const BodyCredentials = {
  agentId: z.string().max(256).optional().openapi({ description: 'With agentKey: instead of a token' }),
  agentKey: z.string().max(256).optional(),
}

export const AgentPath = z.object({ agentId: AgentId })

export const Message = z.strictObject({ success: z.literal(true), message: z.string() }).openapi('Message')

export const body = <T extends z.ZodType>(schema: T) => ({
  body: { required: true, content: { 'application/json': { schema } } },
})

/** For a write that needs nothing else: a body may only show who asks. */
export const onlyCredentials = {
  body: {
    required: false,
    content: { 'application/json': { schema: z.strictObject(BodyCredentials).openapi('Credentials') } },
  },
}

/** JSON, or a stream of events for who asks for one. */
export const okOrStream = <T extends z.ZodType>(
  description: string,
  schema: T,
  stream: { schema: z.ZodType; example: string },
) => ({
  description,
  content: { 'application/json': { schema }, 'text/event-stream': stream },
})

export const ok = <T extends z.ZodType>(description: string, schema: T) => ({
  description,
  content: { 'application/json': { schema } },
})
