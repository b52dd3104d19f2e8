import { base64url } from 'jose'
import type { AgentRecord } from '../../identity/agent-record.ts'
import { utf8 } from '../../pki/bytes.ts'

/** pending: not proved yet. done: proved, and served. lost: it was proved, and is not any more. */
export const DOMAIN_STATES = ['pending', 'done', 'lost'] as const
export type DomainState = (typeof DOMAIN_STATES)[number]

/** A custom domain that an agent's routes name. Of several agents each has its own, and one of them has the claim. */
export type DomainRecord = {
  agentId: string
  domain: string
  /** What the TXT record must say. */
  value: string
  status: DomainState
  /** Why what was found is not enough. */
  reason: string | null
  /** What was found when it was looked for last. */
  found: string[]
  lookedAtMs: number | null
  nextLookAtMs: number
  /** Looks in a row that did not find it. */
  misses: number
  /** The store's keys of the routes that name it. */
  routes: string[]
}

export const DOMAINS = 'domains/'
export const agentDomains = (agentId: string) => `${DOMAINS}${agentId}/`
export const domainKeyOf = (agentId: string, domain: string) => agentDomains(agentId) + domain

/** Where the TXT record must stand. */
export const proofName = (domain: string) => `_cloudlunacy.${domain}`

/** Another one for each agent and domain, and for whoever gets the agent's name later: nobody else's record proves it. */
export async function proofValue({ agentId, incarnation }: AgentRecord, domain: string): Promise<string> {
  const hash = await crypto.subtle.digest('SHA-256', utf8(JSON.stringify([incarnation, agentId, domain])))
  return `cloudlunacy-proof=${base64url.encode(new Uint8Array(hash))}`
}

export const freshDomain = (of: Pick<DomainRecord, 'agentId' | 'domain' | 'value'>, nowMs: number): DomainRecord => ({
  ...of,
  status: 'pending',
  reason: null,
  found: [],
  lookedAtMs: null,
  nextLookAtMs: nowMs,
  misses: 0,
  routes: [],
})
