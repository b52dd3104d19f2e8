/** The certificate manager: whom the front vouches for, and for how long. It holds no state: several may share a store. */
import type { Actor, Audit } from '../audit/audit.ts'
import { AppError } from '../errors.ts'
import type { Kv } from '../kv/kv.ts'
import type { Random, Vault } from '../pki/index.ts'
import { type AgentCertificates, createAgentCertificates } from './agent-certificates.ts'
import { createAuthorities } from './authorities.ts'
import { type Crl, currentCrl } from './crls.ts'
import { createEdgeCertificates, type EdgeCertificates } from './edge-certificates.ts'
import { type Expiries, type Expiring, findExpiries, findExpiring, forgetExpiries } from './expiring.ts'
import { createFrontCertificate, type FrontCertificate } from './front-certificate.ts'
import type { CaRecord } from './records.ts'
import { forgetRevocations } from './revocations.ts'
import { type CertificateSettings, crlUrl } from './settings.ts'

/** A CA that is trusted, as everybody may know it. */
export interface TrustedCa extends Omit<CaRecord, 'sealedKey'> {
  /** Signs certificates: the others wait, or sign only their revocation lists. */
  isSigning: boolean
  crlUrl: string
}

export interface Certificates extends AgentCertificates {
  edge: EdgeCertificates
  front: FrontCertificate
  /** PEM of all trusted CAs, newest first. */
  bundle(): Promise<string>
  trusted(): Promise<TrustedCa[]>
  /** Starts a rotation, or tells of the one that has been started. */
  rotateCa(actor: Actor): Promise<TrustedCa>
  /** Of this CA, or of the one that signs. */
  crl(caId?: string): Promise<Crl>
  /** Of all trusted CAs, newest first. */
  crls(): Promise<Crl[]>
  expiring(nowMs: number): Promise<Expiring[]>
  /** When the first of each kind expires that there is. */
  expiries(): Promise<Expiries>
  /** What has to be done from time to time; doing it again changes nothing. */
  maintain(): Promise<void>
}

export interface CertificatesOptions {
  kv: Kv
  vault: Vault
  audit: Audit
  now: () => number
  random: Random
  settings: CertificateSettings
}

export function createCertificates(options: CertificatesOptions): Certificates {
  const { kv, now, settings } = options
  const authorities = createAuthorities(options)
  const edge = createEdgeCertificates({ ...options, authorities })
  const crlOf = (ca: CaRecord) => currentCrl({ kv, now, authorities }, ca)

  const trusted = async (): Promise<TrustedCa[]> => {
    const [signer, cas] = [await authorities.signer(), await authorities.trusted()]
    return cas.map(({ sealedKey: _, ...ca }) => {
      return { ...ca, isSigning: ca.id === signer.keyId, crlUrl: crlUrl(settings, ca.id) }
    })
  }

  return {
    ...createAgentCertificates({ ...options, authorities }),
    edge,
    front: createFrontCertificate({ ...options, authorities }),
    trusted,
    bundle: async () => (await authorities.trusted()).map(({ certificate }) => certificate).join(''),

    async rotateCa(actor) {
      const { id } = await authorities.rotate(actor)
      return existing(await trusted(), id)
    },

    async crl(caId) {
      const id = caId ?? (await authorities.signer()).keyId
      return crlOf(existing(await authorities.trusted(), id))
    },

    crls: async () => Promise.all((await authorities.trusted()).map(crlOf)),

    expiring: async (nowMs) => findExpiring({ kv, cas: await authorities.trusted(), edges: await edge.list(), nowMs }),

    async expiries() {
      return findExpiries({ kv, cas: await authorities.trusted(), edges: await edge.list(), nowMs: now() })
    },

    async maintain() {
      await authorities.maintain()
      await edge.maintain()
      for (const ca of await authorities.trusted()) {
        await forgetRevocations(kv, ca.id, now())
        await crlOf(ca)
      }
      await forgetExpiries(kv, now())
    },
  }
}

function existing<T extends { id: string }>(cas: T[], caId: string): T {
  const ca = cas.find(({ id }) => id === caId)
  if (!ca) throw new AppError('CERTIFICATE_NOT_FOUND', `There is no trusted CA ${caId}`)
  return ca
}
