import type { Actor } from '../shared/audit/audit.ts'
import { AppError } from '../shared/errors.ts'
import type { AgentRecord } from '../shared/identity/agent-record.ts'
import type { Services } from './services.ts'

export interface Enrolment {
  agentId: string
  agentKey: string
  agentName: string | undefined
  targetIp: string
  enrollmentToken: string | undefined
  address: string
  /** This request may do without a token. */
  isOpen: boolean
}

/** Registers an agent that may: with a token, where everybody may, or again with its own key. */
export async function enroll(
  { agents, tokens, logins }: Services,
  { enrollmentToken, address, isOpen, ...registration }: Enrolment,
  actor: Actor,
): Promise<{ agent: AgentRecord; isNew: boolean }> {
  const { agentId, agentKey } = registration
  const known = await agents.find(agentId)
  if (known) {
    await logins.check({ agentId, agentKey, address }).catch((error) => {
      const wrongKey = error instanceof AppError && error.code === 'INVALID_CREDENTIALS'
      throw wrongKey
        ? new AppError('AGENT_EXISTS', `There is an agent ${agentId} already, and this is not its key`)
        : error
    })
    return agents.register({ ...registration, enrollment: null }, actor)
  }
  if (isOpen) return agents.register({ ...registration, enrollment: null }, actor)
  const enrollment = enrollmentToken === undefined ? null : await tokens.find(enrollmentToken, ['enrollment'])
  if (!enrollment) {
    throw new AppError(
      'UNAUTHORIZED',
      enrollmentToken === undefined
        ? 'An enrolment token is needed: send it as "authorization: Bearer <token>" or as enrollmentToken'
        : 'This enrolment token is not known, or no longer valid',
    )
  }
  return agents.register({ ...registration, enrollment }, actor)
}
