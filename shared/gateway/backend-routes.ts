import type { BackendRecord } from '../backends/backend-record.ts'
import type { BackendPlace } from '../backends/places.ts'
import { verifyOf } from '../domain/backend-rules.ts'
import { httpsOf } from '../domain/options/https.ts'
import type { HttpRoute, Route } from '../domain/route-record.ts'

const PREFIX = 'backend:'

/** What its requests are counted, capped and logged by: no route of an agent has such an id. */
export const backendRouteId = (name: string): string => `${PREFIX}${name}`

/** Whose id it is; `null`: an agent's route. */
export const backendNameOf = (id: string): string | null => (id.startsWith(PREFIX) ? id.slice(PREFIX.length) : null)

export const isBackendRoute = ({ id }: Pick<Route, 'id'>): boolean => id.startsWith(PREFIX)

/** The backend as a route at one of its places. At all of them they are alike, and lead to one backend of HAProxy. */
export function routeAt(record: BackendRecord, { host, pathPrefix }: BackendPlace): HttpRoute {
  const { backend, targets, check, generation, revision, createdAt, updatedAt } = record
  const isVerified = backend.servers.some((server) => verifyOf(server) === 'system')
  return {
    type: 'http',
    id: backendRouteId(backend.name),
    agentId: '',
    host,
    subdomain: '',
    pathPrefix,
    targetUrl: '',
    targets,
    tlsVerify: isVerified ? 'system' : 'none',
    balance: backend.balance,
    check,
    ...httpsOf(backend),
    allowFrom: [],
    suspended: false,
    generation,
    revision,
    createdAt,
    updatedAt,
    options: {},
  }
}
