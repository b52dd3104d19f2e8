import type { Actor, Audit } from '../audit/audit.ts'
import { FRONT } from '../audit/front-actor.ts'
import { AppError } from '../errors.ts'
import type { Entry, Kv, Write } from '../kv/kv.ts'
import { type Decision, transact } from '../kv/transact.ts'
import {
  agentProfile,
  csrError,
  needsRenewal,
  type Profile,
  type RevocationReason,
  readCsr,
  type Vault,
} from '../pki/index.ts'
import { type AgentParts, createAgentParts, voidingWrites } from './agent-parts.ts'
import type { Authorities } from './authorities.ts'
import { assertIssuesLeft, expiryWrites, withCurrent } from './issue-record.ts'
import { certify, type HeldKey, heldKeyOf, openKey, theirKey } from './issuing.ts'
import { allOf, type Known, readRecord } from './known-record.ts'
import type { AgentCertificate, AgentCertificateRecord } from './records.ts'
import { revocationWrites } from './revocations.ts'
import type { CertificateSettings } from './settings.ts'
import { AGENT_CERTIFICATES, agentCertificateKey } from './store-keys.ts'

/** `key` is PEM, and `null` where only the agent has it. */
export interface HeldCertificate {
  certificate: AgentCertificate
  key: string | null
}

export interface AgentCertificates extends AgentParts {
  /** The agent's own: made when there is none, renewed when it is time. */
  certificateOf(agentId: string, asker?: Pick<Actor, 'standing'>): Promise<HeldCertificate>
  /** For a key that never leaves the agent. */
  issueFromCsr(agentId: string, csr: string, actor: Actor): Promise<HeldCertificate>
  /** Before it is time: with a new key, or with the same one where only the agent has it. */
  renew(agentId: string, actor: Actor): Promise<HeldCertificate>
  /** All that the agent has. Says how many were still good. */
  revoke(agentId: string, reason: RevocationReason, actor: Actor): Promise<number>
  /** From then on only the agent has its key. */
  forgetKey(agentId: string, actor: Actor): Promise<void>
  list(options: { after: string; limit: number }): Promise<{ records: AgentCertificateRecord[]; next: string | null }>
}

export interface AgentCertificatesOptions {
  kv: Kv
  vault: Vault
  audit: Audit
  now: () => number
  settings: CertificateSettings
  authorities: Authorities
}

export function createAgentCertificates(options: AgentCertificatesOptions): AgentCertificates {
  const { kv, vault, audit, now, settings, authorities } = options
  const profileOf = (agentId: string): Profile => agentProfile({ agentId, ...settings })

  const isGood = async (certificate: AgentCertificate): Promise<boolean> => {
    if (needsRenewal(certificate, now())) return false
    const { dnsNames } = profileOf(certificate.agentId)
    const isTrusted = (await authorities.trusted()).some(({ id }) => id === certificate.issuerKeyId)
    return isTrusted && certificate.names.join() === dnsNames.join()
  }

  /** `choose` says for which key, or `null` when the current certificate is to stay. */
  const issue = (agentId: string, actor: Actor, choose: Choose) =>
    transact<AgentCertificate>(kv, async () => {
      const known = await readRecord(kv, agentId, actor)
      const { current } = known.record
      const key = await choose(current)
      if (key === null && current) return { checks: [], writes: [], result: current }
      assertIssuesLeft(known.record, now())
      const authority = await authorities.signer()
      const held = key ?? (await heldKeyOf(null))
      return issued(known, await certify(held, { agentId, profile: profileOf(agentId), authority, vault }), actor)
    })

  const issued = (
    { record, checks, leftover }: Known,
    made: AgentCertificate,
    actor: Actor,
  ): Decision<AgentCertificate> => {
    const { agentId, current } = record
    const { serial, notAfterMs, sealedKey } = made
    const action = current ? 'certificate.renew' : 'certificate.issue'
    const details = { serial, expiresAt: new Date(notAfterMs).toISOString(), keyIsKept: sealedKey !== null }
    const writes = [
      { key: agentCertificateKey(agentId), value: withCurrent(record, made, now()) },
      ...expiryWrites(agentId, leftover?.current ?? current, made),
      // The removal of that agent has revoked them. If not, whatever kept it from that, they end here.
      ...revocationWrites(leftover ? allOf(leftover) : [], 'cessationOfOperation', now()),
      audit.entry(actor, { action, target: agentId, details }),
    ]
    return { checks, writes, result: made }
  }

  const withKey = async (certificate: AgentCertificate): Promise<HeldCertificate> => {
    return { certificate, key: await openKey(vault, certificate) }
  }

  /** Does something to the certificate that there is. */
  const change = <T>(agentId: string, actor: Actor, act: Act<T>): Promise<T> =>
    transact<T>(kv, async () => {
      const { entry, record, checks } = await readRecord(kv, agentId, actor)
      if (entry === null || record.current === null) {
        throw new AppError('CERTIFICATE_NOT_FOUND', `The agent ${agentId} has no certificate`)
      }
      const { writes, result, ...happening } = act(entry, record.current)
      return { checks, writes: [...writes, audit.entry(actor, { ...happening, target: agentId })], result }
    })

  return {
    ...createAgentParts(kv, now),

    async certificateOf(agentId, { standing } = FRONT) {
      const { current } = (await readRecord(kv, agentId, { standing })).record
      if (current && (await isGood(current))) return withKey(current)
      const ifNeeded: Choose = async (newest) => (newest && (await isGood(newest)) ? null : heldKeyOf(newest))
      return withKey(await issue(agentId, { ...FRONT, standing }, ifNeeded))
    },

    async issueFromCsr(agentId, csr, actor) {
      const request = await readCsr(csr, profileOf(agentId))
      if (!request.ok) throw csrError(request.problem)
      return withKey(await issue(agentId, actor, async () => theirKey(request.publicKey)))
    },

    renew: async (agentId, actor) => withKey(await issue(agentId, actor, heldKeyOf)),

    revoke: (agentId, reason, actor) =>
      change(agentId, actor, (entry) => {
        const alive = allOf(entry.value).filter(({ notAfterMs }) => now() < notAfterMs)
        const details = { reason, serials: alive.map(({ serial }) => serial) }
        const writes = voidingWrites(entry, reason, now())
        return { action: 'certificate.revoke', details, writes, result: alive.length }
      }),

    forgetKey: (agentId, actor) =>
      change<void>(agentId, actor, ({ key, value }, current) => {
        const writes = [{ key, value: { ...value, current: { ...current, sealedKey: null } } }]
        const details = { serial: current.serial }
        return { action: 'certificate.forget-key', details, writes, result: undefined }
      }),

    async list({ after, limit }) {
      const from = after && agentCertificateKey(after)
      const page = await kv.list<AgentCertificateRecord>(AGENT_CERTIFICATES, { after: from, limit })
      const next = page.next?.slice(AGENT_CERTIFICATES.length) ?? null
      return { records: page.entries.map(({ value }) => value), next }
    },
  }
}

type Choose = (current: AgentCertificate | null) => Promise<HeldKey | null>

type Act<T> = (entry: Entry<AgentCertificateRecord>, current: AgentCertificate) => Acted<T>

interface Acted<T> {
  action: string
  details: { [name: string]: string | string[] }
  writes: Write[]
  result: T
}
