import type { NameRecord } from '../acme/records.ts'
import type { BackendRecord } from '../backends/backend-record.ts'
import type { AgentCertificateRecord, EdgeCertificate } from '../certificates/records.ts'
import type { Route } from '../domain/route-record.ts'
import type { AgentRecord } from '../identity/agent-record.ts'
import type { Place } from './place.ts'

/** What is left of a route that is gone. */
type RemovedRoute = Pick<Route, 'agentId' | 'type' | 'host'> & { pathPrefix: string | null }

/** What a commit changed, in the words of the front. */
export type Happened =
  | { name: 'route.created' | 'route.changed'; route: Route }
  | { name: 'route.removed'; removed: RemovedRoute }
  | { name: `agent.${'registered' | 'changed' | 'suspended' | 'resumed' | 'revoked'}`; agent: AgentRecord }
  | { name: 'agent.removed'; agentId: string }
  | { name: `certificate.${'issued' | 'renewed' | 'changed'}`; certificate: AgentCertificateRecord }
  | { name: 'certificate.revoked'; agentId: string }
  | { name: `certificate.edge-${'issued' | 'renewed' | 'changed' | 'expiring'}`; edge: EdgeCertificate }
  | { name: 'certificate.edge-removed'; edgeName: string }
  | { name: 'certificate.edge-failed'; order: NameRecord }
  | { name: 'backend.created' | 'backend.changed'; backend: BackendRecord }
  | { name: 'backend.removed'; removedBackend: { provider: string; name: string } }

export type StoreEvent = Happened & {
  place: Place
  /** Whose it is; `null`: the administrators' alone. */
  owner: string | null
}

/** All events of one commit. */
export interface EventSet {
  revision: number
  events: StoreEvent[]
  /** Agents and tokens that may not have been let in as they are now. */
  touched: string[]
}
