import type { Bulk, Credentials, HttpRouteRequest, MongodbRouteRequest, Route, RouteRemovalRequest } from './api.ts'
import type { Caller, CallOptions, Gives, WriteOptions } from './call.ts'

type Own<T> = Omit<T, keyof Credentials>

/** The agent's routes. */
export interface RouteCalls {
  /** A new route, or all that it said before is replaced. */
  putHttpRoute(route: Own<HttpRouteRequest>, options?: WriteOptions): Gives<'putHttpRoute'>
  putMongodbRoute(route: Own<MongodbRouteRequest>, options?: WriteOptions): Gives<'putMongodbRoute'>
  /** Without `pathPrefix`: all routes of the host. */
  removeRoute(route: Own<RouteRemovalRequest>, options?: WriteOptions): Gives<'removeRoute'>
  /** Up to 10,000 at once, all or nothing. */
  changeRoutes(changes: Own<Bulk>, options?: WriteOptions): Gives<'changeRoutes'>
  /** All of the agent's. */
  listRoutes(options?: CallOptions): Promise<Route[]>
  /** One, and how it came to HAProxy. */
  readRoute(id: string, options?: CallOptions): Gives<'getRoute'>
  /** What was asked of it, newest first. */
  routeHistory(id: string, options?: CallOptions): Gives<'listEditionsOfRoute'>
  /** It says again what it said at that revision. */
  rollBackRoute(id: string, revision: number, options?: WriteOptions): Gives<'rollBackRoute'>
}

const PAGE = 1_000

export function routeCalls({ call, write }: Caller, agentId: string): RouteCalls {
  return {
    putHttpRoute: (route, options) => write('putHttpRoute', { body: { agentId, ...route } }, options),
    putMongodbRoute: (route, options) => write('putMongodbRoute', { body: { agentId, ...route } }, options),
    removeRoute: (route, options) => write('removeRoute', { body: { agentId, ...route } }, options),
    changeRoutes: (changes, options) => write('changeRoutes', { body: { agentId, ...changes } }, options),
    async listRoutes(options) {
      const routes: Route[] = []
      let cursor: string | undefined
      do {
        const query = { limit: PAGE, cursor }
        const page = await call('listRoutesOfAgent', { path: { agentId }, query }, options)
        routes.push(...page.routes)
        cursor = page.cursor ?? undefined
      } while (cursor !== undefined)
      return routes
    },
    readRoute: (id, options) => call('getRoute', { path: { id } }, options),
    routeHistory: (id, options) => call('listEditionsOfRoute', { path: { id } }, options),
    rollBackRoute: (id, revision, options) => write('rollBackRoute', { path: { id }, body: { revision } }, options),
  }
}
