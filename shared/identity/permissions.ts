import type { Principal } from './principal.ts'

/** Everybody who may call something, in words. The OpenAPI document says it with each call. */
export type Who =
  | 'everybody'
  | 'administrators'
  | 'administrators, also read-only ones'
  | 'administrators and metrics readers'
  | 'the agent itself'
  | 'administrators and the agent itself'
  | 'administrators, also read-only ones, and the agent itself'
  | 'administrators, also read-only ones, and each agent for its own'

/** All permissions there are. An agent is only ever let at what is its own. */
const ALLOWED: Record<Who, { kinds: Principal['kind'][]; itself: boolean }> = {
  everybody: { kinds: ['admin', 'read-only', 'metrics', 'agent'], itself: false },
  administrators: { kinds: ['admin'], itself: false },
  'administrators, also read-only ones': { kinds: ['admin', 'read-only'], itself: false },
  'administrators and metrics readers': { kinds: ['admin', 'read-only', 'metrics'], itself: false },
  'the agent itself': { kinds: [], itself: true },
  'administrators and the agent itself': { kinds: ['admin'], itself: true },
  'administrators, also read-only ones, and the agent itself': { kinds: ['admin', 'read-only'], itself: true },
  'administrators, also read-only ones, and each agent for its own': { kinds: ['admin', 'read-only'], itself: true },
}

/** `agentId`: whose the thing is that is called for. */
export function mayCall(who: Who, principal: Principal, agentId: string | null): boolean {
  const { kinds, itself } = ALLOWED[who]
  if (kinds.includes(principal.kind)) return true
  return itself && principal.kind === 'agent' && principal.agentId === agentId
}
