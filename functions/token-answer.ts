import { z } from '@hono/zod-openapi'
import type { AgentRecord } from '../shared/identity/agent-record.ts'
import type { Services } from './services.ts'

export const TokenFields = {
  token: z.string().openapi({ description: 'For "authorization: Bearer …"' }),
  expiresIn: z.int().openapi({ description: 'Seconds', example: 3600 }),
}

export async function tokenAnswer({ agentTokens, signingKeys }: Services, agent: AgentRecord) {
  const { agentId, incarnation, tokenVersion } = agent
  const token = await agentTokens.issueToken({ agentId, incarnation, tokenVersion })
  return { token, expiresIn: signingKeys.tokenTtlSeconds }
}
