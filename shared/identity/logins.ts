import { AppError } from '../errors.ts'
import { isRandomKey, type StoredKey } from './agent-key.ts'
import type { AgentRecord } from './agent-record.ts'
import type { Agents } from './agents.ts'
import type { LoginThrottle } from './login-throttle.ts'

interface Login {
  agentId: string
  agentKey: string
  /** The client's own, not a proxy's. */
  address: string
}

export interface Logins {
  /** The agent, if this is its key. An unknown agent and a wrong key are one answer, after the same work. */
  check(login: Login): Promise<AgentRecord>
  /** It has shown there otherwise that it is itself. */
  trust(place: Pick<Login, 'agentId' | 'address'>): void
}

export interface LoginsOptions {
  agents: Pick<Agents, 'find'>
  keys: { check(key: string, stored: StoredKey | null): Promise<boolean> }
  throttle: LoginThrottle
}

export function createLogins({ agents, keys, throttle }: LoginsOptions): Logins {
  return {
    trust: (place) => throttle.succeeded(place),

    async check({ agentId, agentKey, address }) {
      const login = { agentId, address, isGuessable: !isRandomKey(agentKey) }
      throttle.assertMayTry(login)
      const agent = await agents.find(agentId)
      const fits = await keys.check(agentKey, agent?.key ?? null)
      if (!agent || !fits) {
        throttle.failed(login)
        throw new AppError('INVALID_CREDENTIALS', 'There is no such agent, or this is not its key')
      }
      throttle.succeeded({ agentId, address })
      return agent
    },
  }
}
