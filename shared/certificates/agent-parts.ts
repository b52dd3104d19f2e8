import type { Check, Entry, Kv, Write } from '../kv/kv.ts'
import { toCheck } from '../kv/transact.ts'
import type { RevocationReason } from '../pki/index.ts'
import { allOf } from './known-record.ts'
import type { AgentCertificateRecord } from './records.ts'
import { revocationWrites } from './revocations.ts'
import { agentCertificateKey, expiryKey } from './store-keys.ts'

/** What belongs into a commit of somebody else's. */
interface Part {
  checks: Check[]
  writes: Write[]
}

export interface AgentParts {
  /** For the commit that revokes the agent. */
  revocations(agentId: string): Promise<Part>
  /** For the commit that removes the agent. */
  belongings(agentId: string): Promise<Part>
}

export function createAgentParts(kv: Kv, now: () => number): AgentParts {
  const part = async (agentId: string, writesFor: (entry: Entry<AgentCertificateRecord>) => Write[]): Promise<Part> => {
    const key = agentCertificateKey(agentId)
    const entry = await kv.get<AgentCertificateRecord>(key)
    return entry
      ? { checks: [toCheck(entry)], writes: writesFor(entry) }
      : { checks: [{ key, version: null }], writes: [] }
  }
  return {
    revocations: (agentId) => part(agentId, (entry) => voidingWrites(entry, 'privilegeWithdrawn', now())),
    belongings: (agentId) => part(agentId, (entry) => removalWrites(entry, now())),
  }
}

/** The record stays, because it counts how many certificates the agent had. */
export function voidingWrites(
  { key, value }: Entry<AgentCertificateRecord>,
  reason: RevocationReason,
  nowMs: number,
): Write[] {
  const emptied: AgentCertificateRecord = { ...value, current: null, replaced: [] }
  return [...revocationWrites(allOf(value), reason, nowMs), ...withoutExpiry(value), { key, value: emptied }]
}

function removalWrites({ key, value }: Entry<AgentCertificateRecord>, nowMs: number): Write[] {
  const revoked = revocationWrites(allOf(value), 'cessationOfOperation', nowMs)
  return [...revoked, ...withoutExpiry(value), { key, delete: true }]
}

function withoutExpiry({ agentId, current }: AgentCertificateRecord): Write[] {
  return current ? [{ key: expiryKey(current.notAfterMs, agentId), delete: true }] : []
}
