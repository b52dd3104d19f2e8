import type { Route } from '../domain/route-record.ts'

export const ROUTES = 'routes/'
export const PINNED = 'pinned/'

type Placed = Pick<Route, 'agentId' | 'type' | 'host'>

export const agentRoutes = (agentId: string) => `${ROUTES}${agentId}/`
export const hostRoutes = ({ agentId, type, host }: Placed) => `${agentRoutes(agentId)}${type}/${host}/`
export const placeKey = (placed: Placed, prefix: string | null) => `${hostRoutes(placed)}${prefix?.slice(1) ?? ''}`
/** The addresses that the names of a route's targets stand for: kept apart, so that they are found without all routes. */
export const pinnedKeyOf = (routeKey: string) => `${PINNED}${routeKey.slice(ROUTES.length)}`
/** What is behind `hostPart`: the path prefix, without its first slash. */
export const prefixPart = (routeKey: string) => routeKey.slice(hostPart(routeKey).length)
export const claimKeyOf = (host: string) => `claims/${host}`
export const countKeyOf = (agentId: string) => `route-counts/${agentId}`
/** The part of a route's key that `hostRoutes` makes. */
export const hostPart = (routeKey: string) => routeKey.split('/', 4).join('/').concat('/')
