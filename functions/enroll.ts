import type { Actor } from '../shared/audit/audit.ts'
import { AppError } from '../shared/errors.ts'
import type { AgentRecord } from '../shared/identity/agent-record.ts'
import { type Agents, agentExists, type Part } from '../shared/identity/agents.ts'
import { unauthorized } from '../shared/identity/standing.ts'
import type { WriteLimit } from '../shared/identity/write-limit.ts'
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
  /** Counts what an agent writes that is known already. */
  writeLimit: WriteLimit
  /** What it brings along, for the same commit. */
  also?: ((agent: AgentRecord) => Promise<Part>) | undefined
}

/**
 * Registers an agent that may: with a token, where everybody may, or again with its own key.
 * Who has neither learns nothing, not even whether there is such an agent.
 */
export async function enroll(services: Services, enrolment: Enrolment, actor: Actor): ReturnType<Agents['register']> {
  const { enrollmentToken, address, isOpen, writeLimit, ...registration } = enrolment
  const { agents, tokens, logins } = services
  const { agentId, agentKey } = registration
  const enrollment = isOpen ? 'open' : await findToken(tokens, enrollmentToken)
  const known = enrollment === null || (await agents.find(agentId)) !== null
  if (known) {
    const agent = await logins.check({ agentId, agentKey, address }).catch((error) => {
      if (!(error instanceof AppError && error.code === 'INVALID_CREDENTIALS')) throw error
      throw enrollment === null ? tokenNeeded(enrollmentToken) : agentExists(agentId)
    })
    writeLimit({ kind: 'agent', agentId, agent, expiresAtMs: null })
  }
  const as = known ? { ...actor, name: `agent ${agentId}` } : actor
  const registered = await agents.register({ ...registration, enrollment: known ? null : enrollment }, as)
  logins.trust({ agentId, address })
  return registered
}

const findToken = (tokens: Services['tokens'], text: string | undefined) =>
  text === undefined ? null : tokens.find(text, ['enrollment'])

const tokenNeeded = (text: string | undefined) =>
  unauthorized(
    text === undefined
      ? 'An enrolment token is needed: send it as "authorization: Bearer <token>" or as enrollmentToken'
      : 'This enrolment token is not known, or no longer valid',
  )
