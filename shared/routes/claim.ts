import { AppError } from '../errors.ts'
import type { AgentRecord } from '../identity/agent-record.ts'
import type { Write } from '../kv/kv.ts'
import { claimKeyOf } from './store-keys.ts'

/**
 * Whose a host is, or was: what was given up waits before another agent can have it.
 * Databases need none: their hosts end with their agent's name.
 */
export type Claim = { agentId: string } | { releasedBy: string; incarnation: string; releasedAt: string }

export interface Waiting {
  nowMs: number
  releaseSeconds: number
}

/** Why the agent cannot have the host; `null`: it can. */
export function claimProblem(host: string, claim: Claim | null, agent: AgentRecord, waiting: Waiting): AppError | null {
  if (claim === null) return null
  if ('agentId' in claim) return claim.agentId === agent.agentId ? null : hostTaken(host)
  if (claim.incarnation === agent.incarnation || secondsLeft(claim.releasedAt, waiting) <= 0) return null
  return new AppError(
    'NAME_RELEASED',
    `The host ${host} was given up ${claim.releasedAt} and waits before another agent can have it`,
  )
}

export const hostTaken = (host: string) => new AppError('HOST_TAKEN', `The host ${host} belongs to another agent`)

export const hostOfBackend = (host: string) =>
  new AppError('HOST_TAKEN', `The host ${host} belongs to a backend of the gateway`)

export function claimWrite(host: string, { agentId }: AgentRecord): Write {
  return { key: claimKeyOf(host), value: { agentId } satisfies Claim }
}

export function releaseWrite(host: string, { agentId, incarnation }: AgentRecord, waiting: Waiting): Write {
  const releasedAt = new Date(waiting.nowMs).toISOString()
  return claimBack(host, { releasedBy: agentId, incarnation, releasedAt }, waiting)
}

/** Makes it what it was before. */
export function claimBack(host: string, claim: Claim | null, waiting: Waiting): Write {
  const key = claimKeyOf(host)
  if (claim === null) return { key, delete: true }
  if ('agentId' in claim) return { key, value: claim }
  const left = secondsLeft(claim.releasedAt, waiting)
  return left > 0 ? { key, value: claim, expiresInSeconds: left } : { key, delete: true }
}

const secondsLeft = (releasedAt: string, { nowMs, releaseSeconds }: Waiting) =>
  Math.ceil((Date.parse(releasedAt) - nowMs) / 1_000) + releaseSeconds
