import type { HttpRules, MaintenanceRecord } from './options/http-rules.ts'

type Json = null | boolean | number | string | Json[] | { [name: string]: Json }

/** A target of a route: where it was asked to go, and the address that the name stands for at the moment. */
export type Target = {
  /** As it was given, in its one form: an address (IPv6 without brackets) or a name in lower case. */
  host: string
  /** The address that HAProxy connects to. */
  address: string
  port: number
  /** Of HAProxy's own. */
  tls: boolean
  weight: number
  backup: boolean
  /** A provider's name of it. Such targets come, go and change while their backend stands. */
  name?: string
  /** What it says for itself; not there: as the route says. */
  protocol?: NonNullable<HttpRoute['protocol']>
  tlsVerify?: 'none' | 'system'
  check?: Check
  /** Not there: ready. drain: it ends what it has and gets nothing new; maint: it gets nothing. */
  state?: 'ready' | 'drain' | 'maint'
}

/** Before its name was resolved. */
export type TargetRequest = Omit<Target, 'address'>

/** How it is found out whether a target answers; `false`: it is not. */
export type Check = false | TcpCheck | HttpCheck
type TcpCheck = { kind: 'tcp' }
export type HttpCheck = {
  kind: 'http'
  path: string
  /** The Host that it asks for; not there: that of the route. */
  host?: string
  intervalSeconds: number
  rise: number
  fall: number
  expectStatus: number | null
}

type RouteBase = {
  /** `{agentId}.{random}`: never the same again, also for the same host. */
  id: string
  agentId: string
  /** The whole name, in lower case. */
  host: string
  targets: Target[]
  check: Check
  /** CIDRs that may connect; empty: everybody. */
  allowFrom: string[]
  /** How many requests or connections may run at a time; without it as many as of any other route. */
  maxConcurrent?: number
  /** Its agent is suspended: nothing is served for it, whatever else it says. */
  suspended: boolean
  /** The revision that last needed another backend: no two backends of a route ever have the same. */
  generation: number
  /** Counts every change. */
  revision: number
  /** Counts what was asked for: names of targets that move are none. 1 where it is not said. */
  edition?: number
  /** Who asked for what it says, in the words of the audit log. */
  changedBy?: string
  createdAt: string
  updatedAt: string
  /** What the caller gave, for answers. */
  options: { [name: string]: Json }
}

/** A domain of the agent's own at which the route answers too, once it is proved. */
export type RouteDomain = {
  name: string
  /** What a TXT record must say. */
  value: string
  status: 'pending' | 'done' | 'lost'
}

export type HttpRoute = RouteBase &
  HttpRules & {
    type: 'http'
    domains?: RouteDomain[]
    /** Of a route as it stands at one of its domains: the host that it has itself. In no store. */
    mainHost?: string
    subdomain: string
    /** Begins and ends with a slash; null: all paths. */
    pathPrefix: string | null
    targetUrl: string
    /** `none` also where no TLS is spoken to the targets. */
    tlsVerify: 'none' | 'system' | 'front'
    /** Not there: HTTP/1.1, or over TLS what the target chooses. */
    protocol?: 'http1' | 'h2' | 'h2c'
    /** Where the front's own CA vouches for the targets: the name that they must be, whatever address they have. */
    agentName?: string
    balance: 'roundrobin' | 'leastconn' | 'source' | 'random'
    /** Not there: once browsers trust the certificate of the host. */
    redirectToHttps?: boolean
    /**
     * Whether browsers that came by a certificate that they trust are told to come by HTTPS alone, and for how many
     * seconds. Not there: unless nobody is redirected.
     */
    hsts?: boolean | number
    /** Nothing else is served while it is there. */
    maintenance?: MaintenanceRecord
  }

export type MongodbRoute = RouteBase & {
  type: 'mongodb'
  /** One of several databases of the agent; null: the agent's own name. */
  name: string | null
  /** True: passed through by SNI to the database's own TLS. False: HAProxy ends TLS, and the database hears plain. */
  useTls: boolean
  /** The agents whose certificate a client must show; not there: it needs none. */
  clients?: string[]
}

export type Route = HttpRoute | MongodbRoute
