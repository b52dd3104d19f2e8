import type { Route } from '../client/api.ts'
import type { App } from '../config/app.ts'
import type { Database } from '../config/database.ts'

/** What a route is known by. */
export interface Place {
  type: 'http' | 'mongodb'
  /** The first label of the host name; of a database its name, null: the agent's own host name. */
  label: string | null
  pathPrefix: string | null
}

export const keyOf = ({ type, label, pathPrefix }: Place): string => `${type} ${label ?? ''} ${pathPrefix ?? ''}`

export const placeOfApp = ({ name, subdomain = name, options }: App): Place => ({
  type: 'http',
  label: subdomain,
  pathPrefix: options?.pathPrefix ?? null,
})

export const placeOfDatabase = ({ name }: Database): Place => ({
  type: 'mongodb',
  label: name ?? null,
  pathPrefix: null,
})

export const placeOfRoute = (route: Route): Place =>
  route.type === 'http'
    ? { type: 'http', label: route.subdomain, pathPrefix: route.pathPrefix }
    : { type: 'mongodb', label: route.name, pathPrefix: null }

/** How a person calls it: the host name, if it is known. */
export const nameOfPlace = ({ type, label, pathPrefix }: Place, agentId: string): string =>
  type === 'http' ? `${label}${pathPrefix ?? ''}` : label === null ? agentId : `${label}.${agentId}`
