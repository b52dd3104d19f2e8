import { AppError } from '../errors.ts'
import type { AccessTokens } from '../identity/access-tokens.ts'
import { tokenKey } from '../identity/access-tokens.ts'
import { AGENTS } from '../identity/agent-record.ts'
import type { Agents } from '../identity/agents.ts'
import type { Principal } from '../identity/principal.ts'
import { assertStanding } from '../identity/standing.ts'
import { createGroups } from '../lib/groups.ts'

export interface LastingAccessOptions {
  agents: Pick<Agents, 'find'>
  tokens: Pick<AccessTokens, 'get'>
  now: () => number
}

/** Sees that nobody who was let in stays longer than they may. */
export interface LastingAccess {
  /** Calls back once, with the reason, when it is over. The signal ends the watch. */
  watch(principal: Principal, signal: AbortSignal, over: (why: string) => void): void
  /** Of agents and tokens that changed, by the store's keys. */
  touched(keys: string[]): void
}

interface Guest {
  principal: Principal
  over(why: string): void
}

/** Node's longest time for a timer. */
const LONGEST_MS = 2 ** 31 - 1

export function createLastingAccess({ agents, tokens, now }: LastingAccessOptions): LastingAccess {
  const guests = createGroups<string, Guest>()

  const why = async (principal: Principal): Promise<string | null> => {
    if (principal.kind !== 'agent') {
      return (await tokens.get(principal.tokenId)) ? null : 'the token has been withdrawn'
    }
    const agent = await agents.find(principal.agentId)
    if (!agent) return 'the agent has been removed'
    try {
      assertStanding(principal.agent, agent)
      return null
    } catch (error) {
      if (error instanceof AppError) return error.message
      throw error
    }
  }

  /** Where nobody can say, nobody may stay. */
  const look = async ({ principal, over }: Guest) => {
    const reason = await why(principal).catch(
      () => 'it cannot be seen whether you still may: come back with Last-Event-ID',
    )
    if (reason !== null) over(reason)
  }

  const startTimer = ({ expiresAtMs }: Principal, over: Guest['over']) => {
    if (expiresAtMs === null) return undefined
    const leftMs = Math.max(0, expiresAtMs - now())
    return leftMs > LONGEST_MS ? setTimeout(over, LONGEST_MS, OLD) : setTimeout(over, leftMs, EXPIRED)
  }

  return {
    watch(principal, signal, over) {
      const key = keyOf(principal)
      const guest = { principal, over }
      const leave = guests.add(key, guest)
      const expiry = startTimer(principal, over)
      const forget = () => {
        clearTimeout(expiry)
        leave()
      }
      signal.addEventListener('abort', forget, { once: true })
      if (signal.aborted) forget()
      // Since the guest was let in, it may have been told to go.
      else void look(guest)
    },
    touched(keys) {
      for (const key of keys) for (const guest of guests.of(key)) void look(guest)
    },
  }
}

const OLD = 'this stream has been open for weeks: come back with Last-Event-ID'
const EXPIRED = 'the token has expired: authenticate again, and come back with Last-Event-ID'

const keyOf = (principal: Principal) =>
  principal.kind === 'agent' ? `${AGENTS}${principal.agentId}` : tokenKey(principal.tokenId)
