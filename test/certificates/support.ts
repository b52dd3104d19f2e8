import { createAudit } from '../../shared/audit/audit.ts'
import { type Certificates, createCertificates } from '../../shared/certificates/certificates.ts'
import type { CertificateSettings } from '../../shared/certificates/settings.ts'
import { type AgentRecord, agentKeyOf } from '../../shared/identity/agent-record.ts'
import type { Kv } from '../../shared/kv/kv.ts'
import { memoryKv } from '../../shared/kv/memory.ts'
import { stagedKv } from '../../shared/kv/staged/staged.ts'
import { createVault, toPem } from '../../shared/pki/index.ts'
import { DAY_MS, DOMAIN } from '../pki/support.ts'

const SETTINGS: CertificateSettings = {
  domain: DOMAIN,
  appsDomain: `apps.${DOMAIN}`,
  mongodbDomain: `mongodb.${DOMAIN}`,
  apiHost: `front.${DOMAIN}`,
}
export const ADMIN = { name: 'admin', address: null, requestId: null, standing: null }

export interface Manager {
  certificates: Certificates
  kv: Kv
  /** Another front on the same store, perhaps with other settings. */
  another(settings?: Partial<CertificateSettings>): Promise<Certificates>
  pass(days: number): void
  nowMs(): number
  addAgent(agentId: string, incarnation?: string): Promise<void>
  /** As the removal of the agent does. */
  removeAgent(agentId: string): Promise<void>
}

/** A certificate manager with agents `web-1` and `web-2`, and a clock that stands until days pass. */
export async function newManager(kv: Kv = stagedKv(memoryKv())): Promise<Manager> {
  let nowMs = Date.now()
  const now = () => nowMs
  const random = (length: number) => crypto.getRandomValues(new Uint8Array(length))
  const another = async (settings: Partial<CertificateSettings> = {}) => {
    const vault = await createVault({ secret: new Uint8Array(32).fill(7) })
    const audit = createAudit({ kv, now, newId: () => crypto.randomUUID(), keptDays: 90 })
    return createCertificates({ kv, vault, audit, now, random, settings: { ...SETTINGS, ...settings } })
  }
  const certificates = await another()
  const addAgent = async (agentId: string, incarnation = `first ${agentId}`) => {
    const agent = { agentId, incarnation } as AgentRecord
    await kv.commit([], [{ key: agentKeyOf(agentId), value: agent }])
  }
  await addAgent('web-1')
  await addAgent('web-2')
  return {
    certificates,
    kv,
    another,
    pass: (days) => {
      nowMs += days * DAY_MS
    },
    nowMs: now,
    addAgent,
    async removeAgent(agentId) {
      const { checks, writes } = await certificates.belongings(agentId)
      await kv.commit(checks, [...writes, { key: agentKeyOf(agentId), delete: true }])
    },
  }
}

/** All that lies in the store, as text. */
export async function textOf(kv: Kv): Promise<string> {
  return JSON.stringify((await kv.list('')).entries)
}

/** By name: what happens within a millisecond has no order in the log. */
export async function actionsOf(kv: Kv): Promise<string[]> {
  const { entries } = await kv.list<{ action: string }>('audit/')
  return entries.map(({ value }) => value.action).sort()
}

/** The revocation lists of all CAs, as OpenSSL and Node read them. */
export async function crlsPem(certificates: Certificates): Promise<string> {
  return (await certificates.crls()).map(({ der }) => toPem('X509 CRL', der)).join('')
}
