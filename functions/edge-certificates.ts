import { createRoute, z } from '@hono/zod-openapi'
import { edgeState } from '../shared/certificates/edge-record.ts'
import { Label } from '../shared/domain/agent.ts'
import { guardedFailures } from './access.ts'
import { EdgeOrder, orderAnswer } from './acme-answers.ts'
import { actorOf } from './actor.ts'
import { json } from './answer.ts'
import type { App } from './app-env.ts'
import { HostPath, ServedEdge, servedEdgeAnswer } from './certificate-answers.ts'
import type { Deps } from './deps.ts'
import {
  CONDITIONAL_CREATION,
  conditional,
  conditionalRead,
  etagOf,
  okTagged,
  preconditionsOf,
  tagged,
} from './etag.ts'
import { body, Message, ok, onlyCredentials } from './schemas.ts'

const EdgePath = z.object({ name: Label.meta({ example: 'shop' }) })
const EdgeUpload = z
  .strictObject({
    pem: z.string().openapi({ description: 'The certificate, its issuers in order, and the private key' }),
    names: z
      .array(z.string().min(1).max(253))
      .max(100)
      .default([])
      .openapi({ description: 'Host names that it must be good for', example: ['shop.example'] }),
    trusted: z.boolean().optional().openapi({
      description:
        'Whether the browsers of those who come trust it, so that plain HTTP may be sent to HTTPS. Without it: yes, unless it has signed itself, or the front’s own CA or a rehearsal has, which browsers never trust',
    }),
  })
  .openapi('EdgeUpload')
const OneEdge = z.strictObject({ success: z.literal(true), certificate: ServedEdge }).openapi('OneEdge')
const Edges = z
  .strictObject({
    success: z.literal(true),
    certificates: z.array(ServedEdge),
    orders: z
      .array(EdgeOrder)
      .openapi({ description: 'How it stands with each name that is to have a certificate of the ACME server' }),
  })
  .openapi('Edges')

/** The certificates that HAProxy serves. Their keys go in and never out. */
export function edgeCertificateRoutes(app: App, { services, access, clientAddress, now }: Deps): void {
  const { edge } = services.certificates
  const { stapling } = services
  const tags = ['Certificates']

  const list = createRoute({
    ...access('administrators, also read-only ones'),
    method: 'get',
    path: '/api/certificates/edge',
    tags,
    summary: 'The certificates that HAProxy serves',
    responses: { 200: ok('All of them', Edges), ...guardedFailures() },
  })
  app.openapi(list, async (c) => {
    const orders = ((await services.acme?.names()) ?? []).map((record) => orderAnswer(record, now()))
    const staples = await stapling.records()
    const certificates = (await edge.list()).map((each) => servedEdgeAnswer(each, staples.get(each.name), now()))
    return json(c, { success: true as const, certificates, orders }, 200)
  })

  const read = createRoute({
    ...access('administrators, also read-only ones'),
    method: 'get',
    path: '/api/certificates/edge/{name}',
    tags,
    summary: 'One certificate that HAProxy serves',
    request: { params: HostPath, ...conditionalRead },
    responses: {
      ...okTagged('It', OneEdge),
      ...guardedFailures('INVALID_INPUT', 'CERTIFICATE_NOT_FOUND', 'PRECONDITION_FAILED'),
    },
  })
  app.openapi(read, async (c) => {
    const found = await edge.get(c.req.valid('param').name)
    return tagged(
      c,
      { success: true as const, certificate: servedEdgeAnswer(found, await stapling.record(found.name), now()) },
      edgeState(found),
    )
  })

  const put = createRoute({
    ...access('administrators'),
    method: 'put',
    path: '/api/certificates/edge/{name}',
    tags,
    summary: 'Upload a certificate for HAProxy to serve',
    request: { params: EdgePath, headers: z.object(CONDITIONAL_CREATION), ...body(EdgeUpload) },
    responses: { 200: ok('It is kept', OneEdge), ...guardedFailures('INVALID_INPUT', 'PRECONDITION_FAILED') },
  })
  app.openapi(put, async (c) => {
    const { name } = c.req.valid('param')
    const kept = await edge.put(name, c.req.valid('json'), actorOf(c, clientAddress(c)), preconditionsOf(c))
    const answer = { success: true as const, certificate: servedEdgeAnswer(kept, await stapling.record(name), now()) }
    return json(c, answer, 200, { etag: etagOf(edgeState(kept)) })
  })

  const remove = createRoute({
    ...access('administrators'),
    method: 'delete',
    path: '/api/certificates/edge/{name}',
    tags,
    summary: 'Remove an uploaded certificate; in the place of an uploaded default the front’s own comes back',
    request: { params: EdgePath, ...conditional, ...onlyCredentials },
    responses: {
      200: ok('Removed', Message),
      ...guardedFailures('INVALID_INPUT', 'CERTIFICATE_NOT_FOUND', 'PRECONDITION_FAILED'),
    },
  })
  app.openapi(remove, async (c) => {
    const { name } = c.req.valid('param')
    await edge.remove(name, actorOf(c, clientAddress(c)), preconditionsOf(c))
    return json(c, { success: true as const, message: `The uploaded certificate ${name} is removed` }, 200)
  })
}
