/** What a new certificate makes of an agent's record. */
import { AppError } from '../errors.ts'
import type { Write } from '../kv/kv.ts'
import type { AgentCertificate, AgentCertificateRecord, IssuedName } from './records.ts'
import { expiryKey } from './store-keys.ts'

/** An agent asks for one in two months. All that it has can come to stand on a revocation list that everybody reads. */
const ISSUES_PER_DAY = 20
const DAY_MS = 86_400_000

export function assertIssuesLeft({ agentId, issuedAtMs }: AgentCertificateRecord, nowMs: number): void {
  const today = inLastDay(issuedAtMs, nowMs)
  const [first] = today
  if (first === undefined || today.length < ISSUES_PER_DAY) return
  const retryAfter = String(Math.ceil((first + DAY_MS - nowMs) / 1_000))
  throw new AppError('TOO_MANY_REQUESTS', `The agent ${agentId} had ${ISSUES_PER_DAY} certificates within a day`, {
    headers: { 'retry-after': retryAfter },
  })
}

export function withCurrent(
  record: AgentCertificateRecord,
  made: AgentCertificate,
  nowMs: number,
): AgentCertificateRecord {
  const before = record.current ? [nameOf(record.current), ...record.replaced] : record.replaced
  const replaced = before.filter(({ notAfterMs }) => nowMs < notAfterMs)
  return { ...record, current: made, replaced, issuedAtMs: [...inLastDay(record.issuedAtMs, nowMs), nowMs] }
}

/** The index of what expires when. */
export function expiryWrites(agentId: string, before: AgentCertificate | null, made: AgentCertificate): Write[] {
  const key = expiryKey(made.notAfterMs, agentId)
  const old = before && expiryKey(before.notAfterMs, agentId)
  return [{ key, value: agentId }, ...(old && old !== key ? [{ key: old, delete: true as const }] : [])]
}

const inLastDay = (times: number[], nowMs: number) => times.filter((ms) => nowMs - DAY_MS < ms && ms <= nowMs)
const nameOf = ({ issuerKeyId, serial, notAfterMs }: IssuedName): IssuedName => ({ issuerKeyId, serial, notAfterMs })
