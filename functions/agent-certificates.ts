import { createRoute, z } from '@hono/zod-openapi'
import type { HeldCertificate } from '../shared/certificates/agent-certificates.ts'
import { MAX_CSR_BYTES, REVOCATION_REASONS } from '../shared/pki/index.ts'
import { guardedFailures } from './access.ts'
import { actorOf } from './actor.ts'
import { json } from './answer.ts'
import type { App } from './app-env.ts'
import { AgentCertificateInfo, agentCertificateAnswer, CertificateFiles, filesAnswer } from './certificate-answers.ts'
import type { Deps } from './deps.ts'
import { afterOf, cursorOf, Paging } from './paging.ts'
import { AgentPath, BodyCredentials, body, Message, ok, onlyCredentials } from './schemas.ts'

const Csr = z
  .strictObject({
    ...BodyCredentials,
    csr: z.string().max(MAX_CSR_BYTES).openapi({ description: 'PKCS#10 as PEM; only its key is taken' }),
  })
  .openapi('Csr')
const Revocation = z
  .strictObject({ ...BodyCredentials, reason: z.enum(REVOCATION_REASONS).default('unspecified') })
  .openapi('Revocation')
const Issued = z
  .strictObject({ success: z.literal(true), message: z.string(), agentId: z.string(), certificates: CertificateFiles })
  .openapi('Issued')
const CertificatePage = z
  .strictObject({
    success: z.literal(true),
    certificates: z.array(AgentCertificateInfo),
    cursor: z.string().nullable(),
  })
  .openapi('CertificatePage')

/** The certificates of agents. What an agent saves comes with its configuration. */
export function agentCertificateRoutes(app: App, { services: { certificates }, access, clientAddress }: Deps): void {
  const ofAgent = { ...access('administrators and the agent itself'), tags: ['Certificates'] }
  const failing = guardedFailures('INVALID_INPUT', 'AGENT_NOT_FOUND')
  const failingWithout = guardedFailures('INVALID_INPUT', 'AGENT_NOT_FOUND', 'CERTIFICATE_NOT_FOUND')

  const issued = async (message: string, held: HeldCertificate) => {
    const files = filesAnswer(await certificates.bundle(), held)
    return { success: true as const, message, agentId: held.certificate.agentId, certificates: files }
  }

  const list = createRoute({
    ...access('administrators, also read-only ones'),
    method: 'get',
    path: '/api/certificates',
    tags: ['Certificates'],
    summary: 'The certificates of all agents, by their names',
    request: { query: Paging },
    responses: { 200: ok('A page of them', CertificatePage), ...guardedFailures('INVALID_INPUT') },
  })
  app.openapi(list, async (c) => {
    const { limit, cursor } = c.req.valid('query')
    const { records, next } = await certificates.list({ after: afterOf('certificates', cursor), limit })
    const page = { certificates: records.map(agentCertificateAnswer), cursor: cursorOf('certificates', next) }
    return json(c, { success: true as const, ...page }, 200)
  })

  const csr = createRoute({
    ...ofAgent,
    method: 'post',
    path: '/api/certificates/agents/{agentId}/csr',
    summary: 'A certificate for a key that never leaves the agent',
    request: { params: AgentPath, ...body(Csr) },
    responses: { 200: ok('The certificate', Issued), ...failing },
  })
  app.openapi(csr, async (c) => {
    const { agentId } = c.req.valid('param')
    const held = await certificates.issueFromCsr(agentId, c.req.valid('json').csr, actorOf(c, clientAddress(c)))
    return json(c, await issued(`Agent ${agentId} has a certificate for its own key`, held), 200)
  })

  const renew = createRoute({
    ...ofAgent,
    method: 'post',
    path: '/api/certificates/agents/{agentId}/renew',
    summary: 'A new certificate before it is time: for a new key, or for the same where only the agent has it',
    request: { params: AgentPath, ...onlyCredentials },
    responses: { 200: ok('The certificate; the one before it stays good until it expires', Issued), ...failing },
  })
  app.openapi(renew, async (c) => {
    const { agentId } = c.req.valid('param')
    const held = await certificates.renew(agentId, actorOf(c, clientAddress(c)))
    return json(c, await issued(`Agent ${agentId} has a new certificate`, held), 200)
  })

  const revoke = createRoute({
    ...ofAgent,
    method: 'post',
    path: '/api/certificates/agents/{agentId}/revoke',
    summary: 'All certificates of the agent are void from now on',
    request: { params: AgentPath, body: { ...body(Revocation).body, required: false } },
    responses: { 200: ok('Revoked', Message), ...failingWithout },
  })
  app.openapi(revoke, async (c) => {
    const { agentId } = c.req.valid('param')
    const count = await certificates.revoke(agentId, c.req.valid('json').reason, actorOf(c, clientAddress(c)))
    const message = `Certificates of ${agentId} that were revoked: ${count}`
    return json(c, { success: true as const, message }, 200)
  })

  const forgetKey = createRoute({
    ...ofAgent,
    method: 'delete',
    path: '/api/certificates/agents/{agentId}/key',
    summary: 'The front forgets the private key, which then only the agent has',
    request: { params: AgentPath, ...onlyCredentials },
    responses: { 200: ok('Forgotten', Message), ...failingWithout },
  })
  app.openapi(forgetKey, async (c) => {
    const { agentId } = c.req.valid('param')
    await certificates.forgetKey(agentId, actorOf(c, clientAddress(c)))
    return json(c, { success: true as const, message: `Only agent ${agentId} has its private key now` }, 200)
  })
}
