/** A target of a route: where it was asked to go, and the address that the name stands for at the moment. */
export interface Target {
  /** As it was given: an address or a name. */
  host: string
  /** The address that HAProxy connects to. */
  address: string
  port: number
  tls: boolean
  weight: number
  backup: boolean
}

/** How it is found out whether a target answers; `false`: it is not. */
export type Check = false | TcpCheck | HttpCheck
export interface TcpCheck {
  kind: 'tcp'
}
export interface HttpCheck {
  kind: 'http'
  path: string
  intervalSeconds: number
  rise: number
  fall: number
  expectStatus: number | null
}

interface RouteBase {
  /** `{agentId}.{random}`: never the same again, also for the same host. */
  id: string
  agentId: string
  /** The whole name, in lower case. */
  host: string
  targets: Target[]
  check: Check
  /** CIDRs that may connect; empty: everybody. */
  allowFrom: string[]
  /** Counts every change that needs another backend. */
  generation: number
  /** Counts every change. */
  revision: number
  createdAt: string
  updatedAt: string
}

export interface HttpRoute extends RouteBase {
  type: 'http'
  subdomain: string
  /** Begins and ends with a slash; null: all paths. */
  pathPrefix: string | null
  targetUrl: string
  tlsVerify: 'none' | 'system'
  balance: 'roundrobin' | 'leastconn' | 'source' | 'random'
  /** What the caller gave, for answers. */
  options: { [name: string]: unknown }
}

export interface MongodbRoute extends RouteBase {
  type: 'mongodb'
  /** One of several databases of the agent; null: the agent's own name. */
  name: string | null
  /** True: passed through by SNI to the target's own TLS. False: HAProxy ends TLS and speaks plain to the target. */
  useTls: boolean
  options: { [name: string]: unknown }
}

export type Route = HttpRoute | MongodbRoute
