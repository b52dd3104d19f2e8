import type { RevocationReason } from '../pki/index.ts'
import type { OcspPlace } from '../pki/ocsp/responder.ts'

/** What the store holds. Types and not interfaces, so that they count as JSON. */

export type CaRecord = {
  /** Its key's identifier. */
  id: string
  notBeforeMs: number
  notAfterMs: number
  signsFromMs: number
  /** PEM. */
  certificate: string
  sealedKey: string
}

/** What it takes to revoke a certificate. */
export type IssuedName = { issuerKeyId: string; serial: string; notAfterMs: number }

export type RevocationRecord = IssuedName & { revokedAtMs: number; reason: RevocationReason }

export type AgentCertificate = IssuedName & {
  agentId: string
  notBeforeMs: number
  /** PEM. */
  certificate: string
  fingerprint: string
  names: string[]
  /** SubjectPublicKeyInfo as base64, to renew a certificate whose private key is the agent's alone. */
  publicKey: string
  /** `null`: only the agent has it. */
  sealedKey: string | null
}

export type AgentCertificateRecord = {
  agentId: string
  /** Of another incarnation: not this agent's. */
  incarnation: string
  current: AgentCertificate | null
  /** Those before it that have not expired: they are good until they do, or are revoked. */
  replaced: IssuedName[]
  /** In the last day. */
  issuedAtMs: number[]
}

export type EdgeRecord = {
  name: string
  origin: 'front' | 'upload' | 'acme'
  /** Of the ACME server that it came from. */
  directory?: string
  /** PEM, the server's own first. */
  chain: string
  sealedKey: string
  names: string[]
  issuerKeyId: string | null
  fingerprint: string
  notBeforeMs: number
  notAfterMs: number
  updatedAt: string
  /** Of an upload: whether browsers do. */
  trusted?: boolean
  /** Its CA runs a responder, which says whether it still holds. */
  ocsp?: OcspPlace
  /** It was told that nobody has renewed it in time. */
  warned?: true
}

/** All but the key. */
export type EdgeCertificate = Omit<EdgeRecord, 'sealedKey'>

/** What has to be known of each to tell which are served. */
export type EdgeSummary = Omit<EdgeCertificate, 'chain'>

export type CrlRecord = { number: number; thisUpdateMs: number; nextUpdateMs: number; parts: number }
