import { createRoute, z } from '@hono/zod-openapi'
import type { AcmeService } from '../shared/acme/open-acme.ts'
import { AppError } from '../shared/errors.ts'
import { REVOCATION_REASONS } from '../shared/pki/index.ts'
import { guardedFailures } from './access.ts'
import { EdgeOrder, orderAnswer } from './acme-answers.ts'
import { actorOf } from './actor.ts'
import { json } from './answer.ts'
import type { App } from './app-env.ts'
import { HostPath } from './certificate-answers.ts'
import type { Deps } from './deps.ts'
import { body, ok, onlyCredentials } from './schemas.ts'

const Revocation = z
  .strictObject({ reason: z.enum(REVOCATION_REASONS).default('unspecified') })
  .openapi('EdgeRevocation')
const OneOrder = z.strictObject({ success: z.literal(true), order: EdgeOrder }).openapi('OneEdgeOrder')

/** Certificates of an ACME server before it is time. */
export function edgeOrderRoutes(app: App, { services, access, clientAddress, now }: Deps): void {
  const common = { ...access('administrators'), tags: ['Certificates'] }
  const failing = ['INVALID_INPUT', 'CERTIFICATE_NOT_FOUND', 'NOT_SUPPORTED'] as const

  const renew = createRoute({
    ...common,
    method: 'post',
    path: '/api/certificates/edge/{name}/renew',
    summary: 'Another certificate of the ACME server before it is time',
    request: { params: HostPath, ...onlyCredentials },
    responses: {
      202: ok('It is ordered; the one before it is served until then', OneOrder),
      ...guardedFailures(...failing),
    },
  })
  app.openapi(renew, async (c) => {
    const order = await switchedOn(services.acme).renew(c.req.valid('param').name, actorOf(c, clientAddress(c)))
    return json(c, { success: true as const, order: orderAnswer(order, now()) }, 202)
  })

  const revoke = createRoute({
    ...common,
    method: 'post',
    path: '/api/certificates/edge/{name}/revoke',
    summary: 'The ACME server revokes the certificate; another one, with another key, is ordered',
    request: { params: HostPath, body: { ...body(Revocation).body, required: false } },
    responses: {
      202: ok('It is revoked; it is served until the next one is there', OneOrder),
      ...guardedFailures(...failing, 'ACME_FAILED'),
    },
  })
  app.openapi(revoke, async (c) => {
    const { reason } = c.req.valid('json')
    const { name } = c.req.valid('param')
    const order = await switchedOn(services.acme).revoke(name, reason, actorOf(c, clientAddress(c)))
    return json(c, { success: true as const, order: orderAnswer(order, now()) }, 202)
  })
}

function switchedOn(acme: AcmeService | null): AcmeService {
  if (acme === null) throw new AppError('NOT_SUPPORTED', 'Certificates of an ACME server are switched off: set ACME')
  return acme
}
