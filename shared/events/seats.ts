import { AppError } from '../errors.ts'
import type { Principal } from '../identity/principal.ts'

export interface SeatLimits {
  /** How many streams one agent may have at a time. */
  perAgent: number
  /** How many one administrator's token may have. */
  perToken: number
  /** How many all agents may have together. */
  agents: number
  /** How many there may be at all: the rest is for administrators. */
  total: number
}

/** Each stream is a connection, and a place in memory: nobody may take them all. */
export interface Seats {
  /** Throws TOO_MANY_REQUESTS or NOT_READY; gives back what ends it. */
  take(principal: Principal): () => void
  readonly taken: number
}

export const SEATS: SeatLimits = { perAgent: 20, perToken: 1_200, agents: 4_000, total: 4_200 }

const RETRY_AFTER = { headers: { 'retry-after': '10' } }

export function createSeats({ perAgent, perToken, agents, total }: SeatLimits = SEATS): Seats {
  const taken = new Map<string, number>()
  let ofAgents = 0
  let all = 0

  const assertFree = (isAgent: boolean, own: number) => {
    const most = isAgent ? perAgent : perToken
    if (own >= most) {
      throw new AppError(
        'TOO_MANY_REQUESTS',
        `You have ${own} event streams open: close one of them first`,
        RETRY_AFTER,
      )
    }
    if (all >= total || (isAgent && ofAgents >= agents)) {
      throw new AppError('NOT_READY', 'Too many event streams are open at this moment: try again later', RETRY_AFTER)
    }
  }

  const count = (name: string, isAgent: boolean, by: 1 | -1) => {
    const own = (taken.get(name) ?? 0) + by
    if (own === 0) taken.delete(name)
    else taken.set(name, own)
    if (isAgent) ofAgents += by
    all += by
  }

  return {
    take(principal) {
      const isAgent = principal.kind === 'agent'
      const name = isAgent ? `agent ${principal.agentId}` : `token ${principal.tokenId}`
      assertFree(isAgent, taken.get(name) ?? 0)
      count(name, isAgent, 1)
      return () => count(name, isAgent, -1)
    },
    get taken() {
      return all
    },
  }
}
