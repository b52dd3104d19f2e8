import type { Actor } from '../audit/audit.ts'
import { AppError } from '../errors.ts'
import { type AgentRecord, agentKeyOf } from '../identity/agent-record.ts'
import { assertStanding } from '../identity/standing.ts'
import type { Check, Entry, Kv } from '../kv/kv.ts'
import { toCheck } from '../kv/transact.ts'
import type { AgentCertificateRecord, IssuedName } from './records.ts'
import { agentCertificateKey } from './store-keys.ts'

/** What is known of an agent's certificates, and what must still be true when something is made of it. */
export interface Known {
  entry: Entry<AgentCertificateRecord> | null
  record: AgentCertificateRecord
  /** A record under the same name that was another agent's. */
  leftover: AgentCertificateRecord | null
  /** They fail when the agent was removed meanwhile. */
  checks: Check[]
}

export async function readRecord(kv: Kv, agentId: string, { standing }: Pick<Actor, 'standing'>): Promise<Known> {
  const key = agentCertificateKey(agentId)
  const agent = await kv.get<AgentRecord>(agentKeyOf(agentId))
  const entry = await kv.get<AgentCertificateRecord>(key)
  if (!agent) throw new AppError('AGENT_NOT_FOUND', `There is no agent ${agentId}`)
  assertStanding(standing, agent.value)
  const { incarnation } = agent.value
  const checks = [toCheck(agent), { key, version: entry?.version ?? null }]
  if (entry?.value.incarnation === incarnation) return { entry, record: entry.value, leftover: null, checks }
  const record = { agentId, incarnation, current: null, replaced: [], issuedAtMs: [] }
  return { entry: null, record, leftover: entry?.value ?? null, checks }
}

export function allOf({ current, replaced }: AgentCertificateRecord): IssuedName[] {
  return current ? [current, ...replaced] : replaced
}
