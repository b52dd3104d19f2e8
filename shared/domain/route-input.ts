import { z } from 'zod'
import { Label } from './agent.ts'
import { PathPrefix } from './path-prefix.ts'
import { HttpOptions, MongodbOptions } from './route-options.ts'
import { Subdomain } from './subdomain.ts'
import { Port, TargetHost } from './target-host.ts'
import { TargetUrlText } from './target-url.ts'

/** What a route is asked for with, besides whose it is. */
export const HttpRouteFields = {
  subdomain: Subdomain,
  targetUrl: TargetUrlText,
  options: HttpOptions.optional(),
}

const DatabaseName = Label.meta({
  description: 'One of several databases of the agent: the first label of its host name',
  example: 'orders',
})

export const MongodbRouteFields = {
  name: DatabaseName.optional(),
  /** Older agents send it: their own name, or the database's. */
  subdomain: Label.optional(),
  targetHost: TargetHost.optional().meta({ description: 'The agent’s targetIp if not given' }),
  targetPort: Port.optional().meta({ description: '27017 if not given' }),
  options: MongodbOptions.optional(),
}

export const RemovalFields = {
  type: z.enum(['http', 'mongodb'], 'must be http or mongodb'),
  subdomain: Label.optional(),
  name: DatabaseName.optional(),
  pathPrefix: PathPrefix.optional(),
}

const HttpRouteInput = z.strictObject({ type: z.literal('http'), ...HttpRouteFields })
const MongodbRouteInput = z.strictObject({ type: z.literal('mongodb'), ...MongodbRouteFields })
const Removal = z.strictObject(RemovalFields)

interface Owned {
  agentId: string
}
export type HttpRouteInput = z.infer<typeof HttpRouteInput> & Owned
export type MongodbRouteInput = z.infer<typeof MongodbRouteInput> & Owned
export type RouteInput = HttpRouteInput | MongodbRouteInput
/** Without `pathPrefix`: all routes of the host. */
export type RouteRemoval = z.infer<typeof Removal> & Owned
