import type { Context } from 'hono'
import type { Actor } from '../shared/audit/audit.ts'
import type { AppEnv } from './app-env.ts'

/** Who asks, in the words of the audit log. */
export function actorOf(c: Context<AppEnv>, address: string): Actor {
  const principal = c.get('principal')
  const name = !principal
    ? 'nobody'
    : principal.kind === 'agent'
      ? `agent ${principal.agentId}`
      : `${principal.kind} ${principal.name}`
  const standing = principal?.kind === 'agent' ? principal.agent : null
  return { name, address, requestId: c.env.requestId, standing }
}
