import type { BasicAuth } from './options/basic-auth.ts'
import { clientsOf } from './options/client-certificate.ts'
import type { BasicAuthRecord } from './options/http-rules.ts'
import { httpRulesOf, maintenanceOf } from './options/http-rules-of.ts'
import { httpsOf } from './options/https.ts'
import type { HttpRouteInput, MongodbRouteInput, RouteInput } from './route-input.ts'
import type { HttpOptions, MongodbOptions } from './route-options.ts'
import type { Check, HttpRoute, MongodbRoute, Route, TargetRequest } from './route-record.ts'
import { tlsByOptions, transportOf } from './transport.ts'

const DEFAULT_WEIGHT = 100
const MONGODB_PORT = 27_017

/** What a route says that its caller decides; the rest is the store's. */
export type RouteWish =
  | Omit<HttpRoute, keyof StoreFields | 'targets'>
  | Omit<MongodbRoute, keyof StoreFields | 'targets'>
type StoreFields = Pick<
  Route,
  'id' | 'suspended' | 'generation' | 'revision' | 'edition' | 'changedBy' | 'createdAt' | 'updatedAt'
>

export interface HostNames {
  appsDomain: string
  mongodbDomain: string
  /** Agents’ own ingresses are below it. */
  domain: string
  apiHost: string
}

/** A database's own name; null: the agent's. Older agents send it as `subdomain`. */
export function databaseName({ agentId, name, subdomain }: Pick<MongodbRouteInput, 'agentId' | 'name' | 'subdomain'>) {
  if (name !== undefined) return name
  return subdomain === undefined || subdomain === agentId ? null : subdomain
}

export function mongodbHost(agentId: string, name: string | null, { mongodbDomain }: HostNames): string {
  return name === null ? `${agentId}.${mongodbDomain}` : `${name}.${agentId}.${mongodbDomain}`
}

/** What an agent's certificate is good for, seen by the front. */
const agentHost = (agentId: string, { domain }: HostNames): string => `${agentId}.agents.${domain}`

export const httpHost = (subdomain: string, { appsDomain }: HostNames): string => `${subdomain}.${appsDomain}`

/** All servers that the caller names, the first one first. `targetIp`: where the agent is. */
export function targetsOf(input: RouteInput, targetIp: string): TargetRequest[] {
  return input.type === 'http' ? httpTargets(input) : mongodbTargets(input, targetIp)
}

function httpTargets({ targetUrl, options = {} }: HttpRouteInput): TargetRequest[] {
  const { servers = [] } = options
  const useTls = tlsByOptions(options)
  const all = [{ url: targetUrl, weight: undefined, backup: undefined }, ...servers]
  return all.map(({ url, weight = DEFAULT_WEIGHT, backup = false }) => {
    return { host: url.host, port: url.port, tls: useTls ?? url.tls, weight, backup }
  })
}

/** Either way the connection carries what the client's carries: HAProxy adds TLS of its own to an agent's ingress alone. */
function mongodbTargets(input: MongodbRouteInput, targetIp: string): TargetRequest[] {
  const { targetHost = targetIp, targetPort = MONGODB_PORT, options = {} } = input
  const tls = options.through === 'agent'
  const first = { host: targetHost, port: targetPort, weight: undefined, backup: undefined }
  return [first, ...(options.servers ?? [])].map(
    ({ host, port = MONGODB_PORT, weight = DEFAULT_WEIGHT, backup = false }) => {
      return { host, port, tls, weight, backup }
    },
  )
}

/** `basicAuth`: that of the input, its passwords hashed. */
export function wishOf(input: RouteInput, names: HostNames, basicAuth?: BasicAuthRecord): RouteWish {
  return input.type === 'http' ? httpWish(input, names, basicAuth) : mongodbWish(input, names)
}

function httpWish(input: HttpRouteInput, names: HostNames, basicAuth: BasicAuthRecord | undefined): RouteWish {
  const { agentId, subdomain, targetUrl, options = {} } = input
  return {
    type: 'http',
    agentId,
    host: httpHost(subdomain, names),
    subdomain,
    pathPrefix: options.pathPrefix ?? null,
    targetUrl: targetUrl.url,
    ...transportOf(options, httpTargets(input), agentHost(agentId, names)),
    balance: options.balance ?? 'roundrobin',
    check: checkOf(options.check),
    allowFrom: options.allowFrom ?? [],
    ...httpRulesOf(options, basicAuth),
    ...httpsOf(options),
    ...maintenanceOf(options.maintenance),
    ...capOf(options),
    options: given(options),
  }
}

function mongodbWish(input: MongodbRouteInput, names: HostNames): RouteWish {
  const { agentId, options = {} } = input
  const name = databaseName(input)
  const clients = clientsOf(options, agentId)
  return {
    type: 'mongodb',
    agentId,
    host: mongodbHost(agentId, name, names),
    name,
    useTls: clients === undefined && (options.useTls ?? true),
    ...(clients && { clients }),
    check: checkOf(options.check),
    allowFrom: options.allowFrom ?? [],
    ...capOf(options),
    options: given(options),
  }
}

function checkOf(check: HttpOptions['check'] = true): Check {
  if (typeof check === 'boolean') return check && { kind: 'tcp' }
  return { kind: 'http', ...check }
}

const capOf = ({ maxConcurrent }: { maxConcurrent?: number | undefined }) =>
  maxConcurrent === undefined ? {} : { maxConcurrent }

/** As it would be written again, but for passwords. */
function given(options: Partial<HttpOptions> | Partial<MongodbOptions>): Route['options'] {
  const { servers, ...others } = options
  return {
    ...others,
    ...(servers && {
      servers: servers.map((server) => ('url' in server ? { ...server, url: server.url.url } : server)),
    }),
    ...('basicAuth' in options && options.basicAuth && { basicAuth: withoutPasswords(options.basicAuth) }),
  }
}

const withoutPasswords = ({ users, realm }: BasicAuth) => ({ users: users.map(({ user }) => ({ user })), realm })
