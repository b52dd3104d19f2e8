import type { Heartbeat } from '../domain/heartbeat.ts'
import { textHash } from '../lib/text-hash.ts'
import type { StoredKey } from './agent-key.ts'

/** What the store holds of an agent. */
export type AgentRecord = {
  agentId: string
  name: string | null
  targetIp: string
  key: StoredKey
  /** Made anew with each registration of the name, so that a later owner inherits nothing. */
  incarnation: string
  /** Raised by a revocation: tokens of a lower version are refused. */
  tokenVersion: number
  suspended: boolean
  createdAt: string
  updatedAt: string
}

/** What is left of an agent that was removed: its name waits, and only the same key may have it meanwhile. */
export type ReleasedName = { key: StoredKey; releasedAt: string }

/** What an agent last said of itself, and when. */
export type LastHeartbeat = Heartbeat & { at: string }

export const AGENTS = 'agents/'
export const agentKeyOf = (agentId: string) => `${AGENTS}${agentId}`
export const heartbeatKeyOf = (agentId: string) => `heartbeats/${agentId}`
export const releasedKeyOf = (agentId: string) => `released/agents/${agentId}`
/** Written once: its version is the revision of the registration. */
export const registrationKeyOf = (agentId: string) => `registrations/${agentId}`

/** Another one after each change of the agent; nothing of its key is in it. */
export function agentState({ incarnation, tokenVersion, name, targetIp, suspended, updatedAt }: AgentRecord): string {
  return textHash(JSON.stringify([incarnation, tokenVersion, name, targetIp, suspended, updatedAt]))
}
