import { z } from 'zod'
import { AgentId } from '../agent.ts'

/** HAProxy reads no more than 64 words of a line. */
const MOST_AGENTS = 50

/** Whose certificate from the front a client of a database must show. */
export const RequireClientCertificate = z
  .union(
    [
      z.boolean(),
      z
        .array(AgentId)
        .min(1, 'must name at least one agent, or be false')
        .max(MOST_AGENTS, `must name at most ${MOST_AGENTS} agents`),
    ],
    'must be true, false, or a list of 1 to 50 agentIds',
  )
  .meta({
    description:
      'true: clients must show the certificate of the route’s agent. A list: that of one of these agents, nobody else’s. HAProxy ends TLS then, and speaks plain to the database',
    example: ['vps-1', 'vps-2'],
  })

interface Demand {
  useTls?: boolean | undefined
  requireClientCertificate?: boolean | string[] | undefined
}

/** The agents that a client may be; `undefined`: anybody. */
export function clientsOf({ requireClientCertificate: required = false }: Demand, agentId: string) {
  if (required === false) return undefined
  return required === true ? [agentId] : [...new Set(required)].sort()
}

/** Whoever passes TLS through sees no certificate. */
export const clientContradiction = ({ useTls, requireClientCertificate = false }: Demand): string | null =>
  useTls === true && requireClientCertificate !== false
    ? 'useTls true passes TLS through to the database, and requireClientCertificate needs HAProxy to end it: leave useTls out'
    : null
