import { z } from '@hono/zod-openapi'
import { formatPlace } from '../shared/events/place.ts'
import type { StoreEvent } from '../shared/events/store-event.ts'
import type { Bytes, Wording } from '../shared/events/wording.ts'
import { EdgeOrder, orderAnswer } from './acme-answers.ts'
import { Agent, agentAnswer } from './agent-answer.ts'
import { acceptedBackend, BackendInfo } from './backend-answer.ts'
import { AgentCertificateInfo, agentCertificateAnswer, EdgeInfo, edgeAnswer } from './certificate-answers.ts'
import { Node } from './node-answer.ts'
import { RouteInfo, routeAnswer } from './route-answer.ts'
import { encodeEvent } from './sse-text.ts'

const name = (...names: string[]) => z.enum(names).openapi({ description: 'The event’s name' })

const RemovedRouteInfo = z
  .strictObject({
    type: z.enum(['http', 'mongodb']),
    agentId: z.string(),
    domain: z.string(),
    pathPrefix: z.string().nullable(),
  })
  .openapi('RemovedRoute', { description: 'What it was known by' })

const OfAgent = z.strictObject({ agentId: z.string() }).openapi('OfAgent')
const OfEdge = z.strictObject({ name: z.string() }).openapi('OfEdge')
const AgentWithoutHeartbeat = Agent.omit({ heartbeat: true }).openapi('AgentWithoutHeartbeat')
const RevokedCertificate = z
  .strictObject({ agentId: z.string(), current: z.null() })
  .openapi('RevokedCertificate', { description: 'All that the agent had are void' })
const RemovedBackend = z.strictObject({ provider: z.string(), name: z.string() }).openapi('RemovedBackend')
const Reset = z.strictObject({ code: z.literal('STORE_COMPACTED'), message: z.string() }).openapi('Reset')

/** Each kind of event, by its name and what its data is. For the document: what is sent is text. */
const EVENTS = {
  RouteEvent: {
    names: ['route.created', 'route.changed', 'route.status'],
    data: RouteInfo,
    about:
      'created and changed: as it was accepted, and pending at that moment. status: what became of it; without an id, because it is in no store',
  },
  RouteRemovedEvent: { names: ['route.removed'], data: RemovedRouteInfo, about: 'It is gone' },
  AgentEvent: {
    names: ['agent.registered', 'agent.changed', 'agent.suspended', 'agent.resumed', 'agent.revoked'],
    data: AgentWithoutHeartbeat,
    about: 'As it is since then',
  },
  AgentRemovedEvent: { names: ['agent.removed'], data: OfAgent, about: 'It is gone, and this stream ends for it' },
  CertificateEvent: {
    names: ['certificate.issued', 'certificate.renewed', 'certificate.changed'],
    data: AgentCertificateInfo,
    about: 'Without any key',
  },
  CertificateRevokedEvent: { names: ['certificate.revoked'], data: RevokedCertificate, about: 'They are void' },
  EdgeCertificateEvent: {
    names: [
      'certificate.edge-issued',
      'certificate.edge-renewed',
      'certificate.edge-changed',
      'certificate.edge-expiring',
    ],
    data: EdgeInfo,
    about: 'changed: uploaded. expiring: it should have been renewed by now. For administrators',
  },
  EdgeCertificateRemovedEvent: { names: ['certificate.edge-removed'], data: OfEdge, about: 'For administrators' },
  EdgeCertificateFailedEvent: {
    names: ['certificate.edge-failed'],
    data: EdgeOrder,
    about: 'The ACME server gave no certificate. For administrators',
  },
  BackendEvent: {
    names: ['backend.created', 'backend.changed'],
    data: BackendInfo,
    about: 'As it was accepted, and pending at that moment. For administrators',
  },
  BackendRemovedEvent: { names: ['backend.removed'], data: RemovedBackend, about: 'It is gone. For administrators' },
  NodeEvent: {
    names: ['node.reachable', 'node.unreachable', 'node.repaired', 'node.reloaded'],
    data: Node,
    about: 'For administrators; without an id, because it is in no store',
  },
  ResetEvent: {
    names: ['reset'],
    data: Reset,
    about: 'What came since the given id is not known: read the lists again',
  },
}

const eventSchemas = Object.entries(EVENTS).map(([title, { names, data, about }]) =>
  z
    .strictObject({
      id: z.string().optional().openapi({ description: 'To go on from, as `Last-Event-ID`', example: '42' }),
      event: name(...names),
      data,
    })
    .openapi(title, { description: about }),
)

/** The document describes one event of the stream; `data` is JSON text in it. */
export const StreamedEvent = z.union(eventSchemas).openapi('StreamedEvent')

type DataOf<T extends z.ZodType> = z.infer<T>

const bytes = (event: string, data: unknown, id?: string): Bytes =>
  encodeEvent({ event, data: JSON.stringify(data), ...(id !== undefined && { id }) })

export const wording: Wording = {
  event: (event) => bytes(event.name, dataOf(event), formatPlace(event.place)),
  status: (route, state) => bytes('route.status', routeAnswer(route, state)),
  node: (event, node) => bytes(event, node),
  reset(id) {
    const message = 'The store no longer knows what happened since the id that you gave: read the lists again'
    const data: DataOf<typeof Reset> = { code: 'STORE_COMPACTED', message }
    return bytes('reset', data, id)
  },
}

/** In the shapes of the API's other answers, so that no event says more than they do. */
function dataOf(event: StoreEvent): unknown {
  switch (event.name) {
    case 'route.created':
    case 'route.changed':
      return routeAnswer(event.route, { status: 'pending', reason: null })
    case 'route.removed': {
      const { type, agentId, host: domain, pathPrefix } = event.removed
      return { type, agentId, domain, pathPrefix } satisfies DataOf<typeof RemovedRouteInfo>
    }
    case 'agent.removed':
      return { agentId: event.agentId } satisfies DataOf<typeof OfAgent>
    case 'certificate.issued':
    case 'certificate.renewed':
    case 'certificate.changed':
      return agentCertificateAnswer(event.certificate)
    case 'certificate.revoked':
      return { agentId: event.agentId, current: null } satisfies DataOf<typeof RevokedCertificate>
    case 'certificate.edge-issued':
    case 'certificate.edge-renewed':
    case 'certificate.edge-changed':
    case 'certificate.edge-expiring':
      return edgeAnswer(event.edge)
    case 'certificate.edge-failed':
      return orderAnswer(event.order, event.order.nextTryAtMs)
    case 'certificate.edge-removed':
      return { name: event.edgeName } satisfies DataOf<typeof OfEdge>
    case 'backend.created':
    case 'backend.changed':
      return acceptedBackend(event.backend)
    case 'backend.removed':
      return event.removedBackend satisfies DataOf<typeof RemovedBackend>
    default: {
      const { heartbeat: _, ...agent } = agentAnswer(event.agent, null)
      return agent satisfies DataOf<typeof AgentWithoutHeartbeat>
    }
  }
}
