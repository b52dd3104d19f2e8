import { AppError } from '../errors.ts'
import type { AgentRecord } from './agent-record.ts'

/** As what an agent was let in. */
export interface Standing {
  incarnation: string
  tokenVersion: number
}

/**
 * Between being let in and being committed a call may be overtaken by a revocation or a suspension.
 * So what an agent does is decided on its record as it is in the moment of the decision; `null` is no agent's doing.
 */
export function assertStanding(standing: Standing | null, agent: AgentRecord): void {
  if (standing === null) return
  if (agent.incarnation !== standing.incarnation || agent.tokenVersion !== standing.tokenVersion) throw revoked()
  assertActive(agent)
}

export function assertActive({ agentId, suspended }: AgentRecord): void {
  if (suspended) throw new AppError('AGENT_SUSPENDED', `The agent ${agentId} has been suspended by the administrator`)
}

export const revoked = () => unauthorized('This token has been revoked: authenticate again')

export const unauthorized = (sentence: string) =>
  new AppError('UNAUTHORIZED', sentence, { headers: { 'www-authenticate': 'Bearer' } })
