import { z } from 'zod'
import type {
  AgentCertificate,
  AgentCertificateRecord,
  CaRecord,
  CrlRecord,
  EdgeRecord,
  IssuedName,
  RevocationRecord,
} from '../../certificates/records.ts'
import {
  AGENT_CERTIFICATES,
  AUTHORITIES,
  agentCertificateKey,
  EDGE_CERTIFICATES,
  EXPIRIES,
  edgeKey,
  FRONT_CERTIFICATE,
} from '../../certificates/store-keys.ts'
import { Label } from '../../domain/agent.ts'
import { REVOCATION_REASONS } from '../../pki/index.ts'
import { isDnsName } from '../../pki/names.ts'
import { Hex, type Kind, kindOf, Ms, Name, Pem, Sealed, Time } from './kind.ts'

const Ca: z.ZodType<CaRecord> = z.strictObject({
  id: Hex,
  notBeforeMs: Ms,
  notAfterMs: Ms,
  signsFromMs: Ms,
  certificate: Pem,
  sealedKey: Sealed,
})

const issuedName = { issuerKeyId: Hex, serial: Hex, notAfterMs: Ms }
const Issued: z.ZodType<IssuedName> = z.strictObject(issuedName)

const Certificate: z.ZodType<AgentCertificate> = z.strictObject({
  ...issuedName,
  agentId: Label,
  notBeforeMs: Ms,
  certificate: Pem,
  fingerprint: Name,
  names: z.array(Name).max(100),
  publicKey: z.base64().max(4_096),
  sealedKey: Sealed.nullable(),
})

const AgentCertificates: z.ZodType<AgentCertificateRecord> = z.strictObject({
  agentId: Label,
  incarnation: Name,
  current: Certificate.nullable(),
  replaced: z.array(Issued),
  issuedAtMs: z.array(Ms),
})

const Revocation: z.ZodType<RevocationRecord> = z.strictObject({
  ...issuedName,
  revokedAtMs: Ms,
  reason: z.enum(REVOCATION_REASONS),
})

/** A host's is named after it. */
const EdgeName = z.string().refine((name) => Label.safeParse(name).success || isDnsName(name), 'must be a name')

const Edge: z.ZodType<EdgeRecord> = z.strictObject({
  name: EdgeName,
  origin: z.enum(['front', 'upload', 'acme']),
  directory: z.string().max(2_000).optional(),
  chain: Pem,
  sealedKey: Sealed,
  names: z.array(Name),
  issuerKeyId: Hex.nullable(),
  fingerprint: Name,
  notBeforeMs: Ms,
  notAfterMs: Ms,
  updatedAt: Time,
  trusted: z.boolean().optional(),
  ocsp: z.strictObject({ responder: z.url({ protocol: /^https?$/ }).max(1_000), mustStaple: z.boolean() }).optional(),
  warned: z.literal(true).optional(),
})

const Crl: z.ZodType<CrlRecord> = z.strictObject({
  number: z.int().min(1),
  thisUpdateMs: Ms,
  nextUpdateMs: Ms,
  parts: z.int().min(0),
})

export const CERTIFICATE_KINDS: Kind[] = [
  kindOf(AUTHORITIES, z.strictObject({ cas: z.array(Ca).max(100) })),
  kindOf(AGENT_CERTIFICATES, AgentCertificates, ({ agentId }) => agentCertificateKey(agentId)),
  kindOf(EXPIRIES, Label),
  kindOf('certificates/revoked/', Revocation),
  kindOf(EDGE_CERTIFICATES, Edge, ({ name }) => edgeKey(name)),
  kindOf(FRONT_CERTIFICATE, Edge),
  kindOf('crl/lists/', Crl),
  kindOf('crl/parts/', z.base64().max(512 * 1024)),
  kindOf('crl/due/', z.literal(true)),
]
