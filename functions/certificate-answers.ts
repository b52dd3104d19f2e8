import { z } from '@hono/zod-openapi'
import type { HeldCertificate } from '../shared/certificates/agent-certificates.ts'
import type { TrustedCa } from '../shared/certificates/certificates.ts'
import { isTrusted } from '../shared/certificates/for-browsers.ts'
import type { AgentCertificateRecord, EdgeCertificate } from '../shared/certificates/records.ts'
import { isDnsName } from '../shared/pki/names.ts'
import type { OcspPlace } from '../shared/pki/ocsp/responder.ts'
import type { StapleRecord } from '../shared/stapling/records.ts'

const Time = z.string().openapi({ example: '2026-11-21T10:00:00.000Z' })

/** What an agent saves. */
export const CertificateFiles = z
  .strictObject({
    ca: z.string().openapi({ description: 'The CAs to trust, as PEM' }),
    cert: z.string().openapi({ description: 'PEM' }),
    key: z.string().nullable().openapi({ description: 'PEM; null where only the agent has it' }),
    expiresAt: Time,
    fingerprint: z.string().openapi({ description: 'SHA-256' }),
  })
  .openapi('CertificateFiles')

export function filesAnswer(ca: string, { certificate, key }: HeldCertificate): z.infer<typeof CertificateFiles> {
  const { certificate: cert, notAfterMs, fingerprint } = certificate
  return { ca, cert, key, expiresAt: iso(notAfterMs), fingerprint }
}

export const Authority = z
  .strictObject({
    id: z.string(),
    isSigning: z.boolean().openapi({ description: 'The others wait, or sign only their revocation lists' }),
    signsFrom: Time,
    notBefore: Time,
    expiresAt: Time,
    cert: z.string().openapi({ description: 'PEM' }),
    crlUrl: z.string(),
  })
  .openapi('Authority')

export function authorityAnswer(ca: TrustedCa): z.infer<typeof Authority> {
  const { id, isSigning, signsFromMs, notBeforeMs, notAfterMs, certificate, crlUrl } = ca
  const times = { signsFrom: iso(signsFromMs), notBefore: iso(notBeforeMs), expiresAt: iso(notAfterMs) }
  return { id, isSigning, ...times, cert: certificate, crlUrl }
}

export const AgentCertificateInfo = z
  .strictObject({
    agentId: z.string(),
    current: z
      .strictObject({
        serial: z.string(),
        issuer: z.string().openapi({ description: 'The id of the CA' }),
        names: z.array(z.string()),
        fingerprint: z.string(),
        notBefore: Time,
        expiresAt: Time,
        keyIsKept: z.boolean().openapi({ description: 'The front has the private key too' }),
      })
      .nullable()
      .openapi({ description: 'null once it was revoked' }),
  })
  .openapi('AgentCertificateInfo')

export function agentCertificateAnswer({
  agentId,
  current,
}: AgentCertificateRecord): z.infer<typeof AgentCertificateInfo> {
  if (current === null) return { agentId, current }
  const { serial, issuerKeyId, names, fingerprint, notBeforeMs, notAfterMs, sealedKey } = current
  const times = { notBefore: iso(notBeforeMs), expiresAt: iso(notAfterMs) }
  return {
    agentId,
    current: { serial, issuer: issuerKeyId, names, fingerprint, ...times, keyIsKept: sealedKey !== null },
  }
}

/** Those of an ACME server are named after their host. */
export const HostPath = z.object({
  name: z
    .string()
    .max(253)
    .refine((name) => isDnsName(name), 'must be the name of an upload, or a host name')
    .meta({ example: 'shop' }),
})

export const EdgeInfo = z
  .strictObject({
    name: z.string(),
    origin: z
      .enum(['front', 'upload', 'acme'])
      .openapi({ description: 'front: made, and renewed, by the front itself; acme: by the ACME server' }),
    names: z.array(z.string()).openapi({ description: 'What it is good for' }),
    fingerprint: z.string(),
    notBefore: Time,
    expiresAt: Time,
    updatedAt: Time,
    trusted: z
      .boolean()
      .openapi({ description: 'Browsers are taken to trust it: until it expires, plain HTTP is sent to HTTPS' }),
    chain: z.string().openapi({ description: 'PEM, without the key' }),
  })
  .openapi('EdgeInfo')

export function edgeAnswer(edge: EdgeCertificate): z.infer<typeof EdgeInfo> {
  const { name, origin, names, fingerprint, notBeforeMs, notAfterMs, updatedAt, chain } = edge
  const times = { notBefore: iso(notBeforeMs), expiresAt: iso(notAfterMs), updatedAt }
  return { name, origin, names, fingerprint, ...times, trusted: isTrusted(edge), chain }
}

const EdgeOcsp = z.strictObject({
  responder: z.string().openapi({ example: 'http://ocsp.example.net' }),
  mustStaple: z.boolean().openapi({ description: 'Clients refuse the certificate where nothing is stapled' }),
  status: z.enum(['waiting', 'good', 'failing', 'revoked']).openapi({
    description:
      'good: the answer is stapled; revoked: nothing is; waiting: nobody has asked yet; failing: there is no answer to staple',
  }),
  goodUntil: Time.nullable().openapi({ description: 'So long the answer may be stapled' }),
  revokedAt: Time.nullable(),
  lastError: z.string().nullable().openapi({ description: 'Why the last try brought no answer' }),
  nextTryAt: Time.nullable().openapi({ description: 'When the responder is asked again' }),
})

/** With what is stapled to it. */
export const ServedEdge = z
  .strictObject({
    ...EdgeInfo.shape,
    ocsp: EdgeOcsp.nullable().openapi({ description: 'null: its CA runs no responder, so there is nothing to staple' }),
  })
  .openapi('ServedEdge')

export function servedEdgeAnswer(
  edge: EdgeCertificate,
  staple: StapleRecord | null | undefined,
  nowMs: number,
): z.infer<typeof ServedEdge> {
  const known = staple?.fingerprint === edge.fingerprint ? staple : null
  return { ...edgeAnswer(edge), ocsp: edge.ocsp ? ocspAnswer(edge.ocsp, known, nowMs) : null }
}

function ocspAnswer(
  { responder, mustStaple }: OcspPlace,
  known: StapleRecord | null,
  nowMs: number,
): z.infer<typeof EdgeOcsp> {
  const answer = known?.answer && nowMs < known.answer.nextUpdateMs ? known.answer : null
  return {
    responder,
    mustStaple,
    status: answer?.status ?? (known ? 'failing' : 'waiting'),
    goodUntil: answer?.status === 'good' ? iso(answer.nextUpdateMs) : null,
    revokedAt: answer?.status === 'revoked' ? iso(answer.revokedAtMs) : null,
    lastError: known?.lastError ?? null,
    nextTryAt: known ? iso(known.nextTryAtMs) : null,
  }
}

const iso = (ms: number) => new Date(ms).toISOString()
