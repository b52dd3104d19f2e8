// Made from the document that the front serves: npm run client-types

export type Failure = {
  success: false
  /** A sentence for a person */
  error: string
  /** Stable, for programs */
  code: string
  /** Each thing that is wrong */
  details?: string[]
}

export type Health = {
  success: true
  status: 'ok' | 'degraded'
  version: string
  checks: {
    store: 'ok'
    /** Whether one will expire that should have been renewed */
    certificates: 'ok' | 'expiring'
    /** Whether HAProxy can be told anything */
    dataPlanes: 'ok' | 'some down' | 'down'
  }
}

export type Credentials = {
  /** With agentKey: instead of a token */
  agentId?: string
  agentKey?: string
}

export type Registered = {
  success: true
  message: string
  agentId: string
  /** For "authorization: Bearer …" */
  token: string
  /** Seconds */
  expiresIn: number
  /** Apps are at `{subdomain}.` of it */
  appsDomain: string
  /** The agent’s database is there, others at `{name}.` of it */
  mongodbDomain: string
  /** The CAs to trust, as PEM */
  ca: string
  routes: Route[]
}

export type Route = HttpRoute | MongodbRoute

export type HttpRoute = {
  type: 'http'
  id: string
  agentId: string
  domain: string
  /** As they were given */
  options: Record<string, unknown>
  status: RouteStatus
  /** Of a failure, in HAProxy’s words */
  reason?: string
  /** The agent is suspended: nothing is served */
  suspended?: true
  /** Counts the changes */
  revision: number
  createdAt: string
  updatedAt: string
  subdomain: string
  pathPrefix: string | null
  targetUrl: string
  /** Of each of its custom domains */
  verification?: Verification[]
}

/** pending: accepted, no data plane has it yet. live: it answers. settled: its own backend stands. degraded: settled, and its servers fail their checks. failed: HAProxy refuses it */
export type RouteStatus = 'pending' | 'live' | 'settled' | 'degraded' | 'failed'

/** How a custom domain is proved: a TXT record of this name and value */
export type Verification = {
  domain: string
  type: 'TXT'
  name: string
  /** What the record must say, and go on saying */
  value: string
  /** pending: not proved yet. done: proved, and served. lost: it was proved, and is not any more */
  status: 'pending' | 'done' | 'lost'
  /** Why what was found is not enough */
  reason?: string
  /** When it was looked for last. Not in events */
  lookedAt?: string | null
  /** The TXT records that were found then. Not in events */
  found?: string[]
}

export type MongodbRoute = {
  type: 'mongodb'
  id: string
  agentId: string
  domain: string
  /** As they were given */
  options: Record<string, unknown>
  status: RouteStatus
  /** Of a failure, in HAProxy’s words */
  reason?: string
  /** The agent is suspended: nothing is served */
  suspended?: true
  /** Counts the changes */
  revision: number
  createdAt: string
  updatedAt: string
  name: string | null
  targetHost: string
  targetPort: number
}

export type Registration = {
  agentId: AgentId
  /** The agent’s own secret */
  agentKey: string
  agentName?: string
  /** Where the front reaches the agent */
  targetIp: string
  /** Or as bearer; not needed to register again */
  enrollmentToken?: string
  /** Made in the same commit */
  routes?: ({
    type: 'http'
    subdomain: Subdomain
    targetUrl: TargetUrl
    options?: HttpRouteOptions
  } | {
    type: 'mongodb'
    /** One of several databases of the agent: the first label of its host name */
    name?: string
    subdomain?: string
    /** The agent’s targetIp if not given */
    targetHost?: string
    /** 27017 if not given */
    targetPort?: number
    options?: MongodbRouteOptions
  })[]
}

/** The name of the agent: one label of its host names */
export type AgentId = string

/** The first label of the app’s host name */
export type Subdomain = string

/** Where the app answers, as the front reaches it: http or https, an address or a name, and a port */
export type TargetUrl = string

/** What is not given has its default: a write replaces all options */
export type HttpRouteOptions = {
  /** TLS to the servers, or none, whatever the scheme of their URLs */
  useTls?: boolean
  /** What the servers speak. auto, the default: HTTP/1.1, and over TLS what the server chooses. h2: HTTP/2 over TLS. h2c: HTTP/2 without TLS */
  protocol?: 'http1' | 'h2' | 'h2c' | 'auto'
  /** system: their certificates must be good for their names, by the CAs that everybody trusts; the default for names. front: they must show the certificate that the agent has from the front. none: anybody may answer; the default for addresses */
  tlsVerify?: 'none' | 'system' | 'front'
  /** agent: the servers are the agent’s own ingress, asked by mutual TLS: it must show the agent’s certificate, and is shown the front’s */
  through?: 'direct' | 'agent'
  /** Whether the servers are asked if they answer. true, the default: connects every 2 seconds. false: never, and the route needs no backend of its own. With several servers, one that refuses a connection is left out at once */
  check?: boolean | {
    path?: string
    intervalSeconds?: number
    /** So many good answers in a row bring a server back */
    rise?: number
    /** So many bad ones in a row take it out */
    fall?: number
    /** null: any status from 200 to 399 */
    expectStatus?: number | null
  }
  /** Domains of the agent’s own at which the route answers too, each once it is proved: the route’s `verification` says how. One that is left out is given up */
  domains?: string[]
  pathPrefix?: PathPrefix
  /** The server gets paths without the pathPrefix, and that in X-Forwarded-Prefix */
  stripPrefix?: boolean
  /** More servers than the first */
  servers?: {
    url: TargetUrl
    /** Its share of the requests, 100 if not given */
    weight?: number
    /** Only asked when no other server answers */
    backup?: boolean
  }[]
  /** How a server is chosen; source: by the client’s address. roundrobin if not given */
  balance?: 'roundrobin' | 'leastconn' | 'source' | 'random'
  /** Keeps a browser at the server that it came to first, by a cookie of HAProxy’s own: true, or the cookie’s name. While that server does not answer, another one does */
  sticky?: boolean | {
    cookie: string
  }
  /** How long HAProxy waits */
  timeouts?: {
    /** For a connection to a server; 5 if not given */
    connectSeconds?: number
    /** For a server to say something, its first words or the next ones; 30 if not given */
    responseSeconds?: number
    /** How long a WebSocket may be silent; 3600 if not given */
    tunnelSeconds?: number
  }
  /** The Host that the server is asked with; without it the one that the client asked for */
  hostHeader?: string
  /** Headers that requests get on their way to the server, in place of any of their name; null takes it away */
  requestHeaders?: Record<string, string | null>
  /** Headers that the server’s answers get, in place of any of their name; null takes it away */
  responseHeaders?: Record<string, string | null>
  /** Whether what comes by plain HTTP is sent to the same address by HTTPS, with 308. Not given: once the host has a certificate that browsers trust */
  redirectToHttps?: boolean
  /** Whether browsers are told to come by HTTPS alone from now on (Strict-Transport-Security, for 180 days unless maxAgeSeconds is given), where they trust the certificate of the host. 0 takes it back. What the server says of it itself stays. Not given: true, and with redirectToHttps false: false */
  hsts?: boolean | {
    maxAgeSeconds: number
  }
  /** Addresses and networks that may connect; without it everybody */
  allowFrom?: AddressRange[]
  /** So many requests in so many seconds; what comes above it is answered 429, with Retry-After */
  rateLimit?: {
    requests: number
    seconds: number
    /** client: for each address (of IPv6: each /64). route: for all of them together */
    by?: 'client' | 'route'
  }
  /** Asks for a name and a password. Passwords are kept as hashes and never shown. The server gets X-Forwarded-User instead of Authorization */
  basicAuth?: {
    users: {
      user: string
      password: string
    }[]
    /** What browsers show beside the question */
    realm?: string
  }
  /** How many requests or connections may run at a time; more are turned away. A tenth of all if not given */
  maxConcurrent?: number
  /** Every request is answered 503 with a page that says so, and with Retry-After. On and off at once */
  maintenance?: boolean | {
    /** What the page says */
    message?: string
    retryAfterSeconds?: number
  }
}

/** Only paths under it; without it, all that no other route of the host takes */
export type PathPrefix = string

export type AddressRange = string

/** What is not given has its default: a write replaces all options */
export type MongodbRouteOptions = {
  /** true: clients must show the certificate of the route’s agent. A list: that of one of these agents, nobody else’s. HAProxy ends TLS then, and speaks plain to the database */
  requireClientCertificate?: boolean | AgentId[]
  /** true, the default: passed through to the database’s own TLS. false: HAProxy ends TLS */
  useTls?: boolean
  /** agent: the servers are the agent’s own ingress, which must show the agent’s certificate and is shown the front’s. Inside of that TLS goes what useTls says. The ports must be given */
  through?: 'direct' | 'agent'
  /** Connects every 2 seconds; true by default */
  check?: boolean
  /** More servers than the first */
  servers?: {
    host: TargetHost
    port?: number
    /** Its share of the requests, 100 if not given */
    weight?: number
    /** Only asked when no other server answers */
    backup?: boolean
  }[]
  /** Addresses and networks that may connect; without it everybody */
  allowFrom?: AddressRange[]
  /** How many requests or connections may run at a time; more are turned away. A tenth of all if not given */
  maxConcurrent?: number
}

/** An IP address, or a name that the front resolves */
export type TargetHost = string

export type Token = {
  success: true
  /** For "authorization: Bearer …" */
  token: string
  /** Seconds */
  expiresIn: number
}

export type KeyLogin = {
  agentId: string
  agentKey: string
}

export type Agent = {
  agentId: string
  agentName: string | null
  targetIp: string
  suspended: boolean
  createdAt: string
  updatedAt: string
  /** What it last said of itself */
  heartbeat: {
    at: string
    version?: string | null
    /** The load average of the last minute */
    load?: number | null
    /** Of the machine */
    memory?: {
      totalBytes: number
      availableBytes: number
    } | null
    apps?: {
      name: string
      status: 'healthy' | 'unhealthy' | 'unknown'
      message?: string | null
      /** Which one of it runs */
      version?: string | null
    }[]
    databases?: {
      name: string
      status: 'healthy' | 'unhealthy' | 'unknown'
      message?: string | null
      /** Which one of it runs */
      version?: string | null
    }[]
  } | null
}

export type OneAgent = {
  success: true
  agent: Agent
}

export type AgentChange = {
  /** With agentKey: instead of a token */
  agentId?: string
  agentKey?: string
  agentName?: string | null
  targetIp?: string
  /** For administrators alone */
  suspended?: boolean
}

export type Message = {
  success: true
  message: string
}

export type HeartbeatReport = {
  /** With agentKey: instead of a token */
  agentId?: string
  agentKey?: string
  version?: string | null
  /** The load average of the last minute */
  load?: number | null
  /** Of the machine */
  memory?: {
    totalBytes: number
    availableBytes: number
  } | null
  apps?: {
    name: string
    status: 'healthy' | 'unhealthy' | 'unknown'
    message?: string | null
    /** Which one of it runs */
    version?: string | null
  }[]
  databases?: {
    name: string
    status: 'healthy' | 'unhealthy' | 'unknown'
    message?: string | null
    /** Which one of it runs */
    version?: string | null
  }[]
}

export type NewKey = {
  success: true
  message: string
  agentId: string
  /** Shown only now */
  agentKey: string
  /** For "authorization: Bearer …" */
  token: string
  /** Seconds */
  expiresIn: number
}

export type AgentConfig = {
  success: true
  agentId: string
  certificates: CertificateFiles
  mongodb: {
    domain: string
    port: number
    /** For clients, who keep the CAs in ca.pem */
    connectionString: string
  }
  routes: Route[]
  apiVersion: string
}

export type CertificateFiles = {
  /** The CAs to trust, as PEM */
  ca: string
  /** PEM */
  cert: string
  /** PEM; null where only the agent has it */
  key: string | null
  expiresAt: string
  /** SHA-256 */
  fingerprint: string
}

export type HttpRouteAnswer = {
  success: true
  message: string
  domain: string
  targetUrl: string
  /** Where the app is from now on */
  url: string
  route: Route
  status: RouteStatus
  applied: Applied
  /** What may not be meant so */
  warnings?: string[]
}

/** How it came to HAProxy, and how long each step took */
export type Applied = {
  via: 'runtime' | 'file' | 'reload' | 'none'
  why: string
  steps: {
    step: string
    ms: number
  }[]
}

export type HttpRouteRequest = {
  agentId: AgentId
  /** Instead of a token */
  agentKey?: string
  subdomain: Subdomain
  targetUrl: TargetUrl
  options?: HttpRouteOptions
}

export type MongodbRouteAnswer = {
  success: true
  message: string
  domain: string
  /** For clients, who keep the CAs in ca.pem */
  connectionString: string
  targetIp: string
  targetPort: number
  /** TLS goes through to the database; if not, HAProxy ends it */
  tlsEnabled: boolean
  certificates: {
    /** The CAs to trust, as PEM */
    ca: string
    /** PEM */
    cert: string
    /** PEM; null where only the agent has it */
    key: string | null
  }
  route: Route
  status: RouteStatus
  applied: Applied
  /** What may not be meant so */
  warnings?: string[]
}

export type MongodbRouteRequest = {
  agentId: AgentId
  /** Instead of a token */
  agentKey?: string
  /** One of several databases of the agent: the first label of its host name */
  name?: string
  subdomain?: string
  /** The agent’s targetIp if not given */
  targetHost?: string
  /** 27017 if not given */
  targetPort?: number
  options?: MongodbRouteOptions
}

export type RouteRemoved = {
  success: true
  message: string
  domain: string
}

export type RouteRemovalRequest = {
  agentId: AgentId
  /** Instead of a token */
  agentKey?: string
  type: 'http' | 'mongodb'
  subdomain?: string
  /** One of several databases of the agent: the first label of its host name */
  name?: string
  pathPrefix?: PathPrefix
}

export type BulkAnswer = {
  success: true
  message: string
  created: number
  changed: number
  unchanged: number
  removed: number
  status: RouteStatus
  applied: Applied
  /** What may not be meant so */
  warnings?: string[]
}

export type Bulk = {
  /** The body’s own agentId if not given, or who asks */
  agentId?: string
  agentKey?: string
  upsert?: ({
    type: 'http'
    /** The body’s own agentId if not given, or who asks */
    agentId?: string
    subdomain: Subdomain
    targetUrl: TargetUrl
    options?: HttpRouteOptions
  } | {
    type: 'mongodb'
    /** The body’s own agentId if not given, or who asks */
    agentId?: string
    /** One of several databases of the agent: the first label of its host name */
    name?: string
    subdomain?: string
    /** The agent’s targetIp if not given */
    targetHost?: string
    /** 27017 if not given */
    targetPort?: number
    options?: MongodbRouteOptions
  })[]
  /** Done before anything is put. What is not there needs no removing */
  remove?: {
    /** The body’s own agentId if not given, or who asks */
    agentId?: string
    type: 'http' | 'mongodb'
    subdomain?: string
    /** One of several databases of the agent: the first label of its host name */
    name?: string
    pathPrefix?: PathPrefix
  }[]
}

export type AgentRoutes = {
  success: true
  agentId: string
  routes: Route[]
  /** Where a limit was given */
  cursor?: string | null
}

export type RouteDetails = {
  success: true
  route: Route
  /** What its servers stand for at the moment */
  targets: {
    host: string
    address: string
    port: number
  }[]
  steps: {
    step: string
    ms: number
  }[]
  /** What may not be meant so */
  warnings?: string[]
}

export type RouteHistory = {
  success: true
  id: string
  history: RouteEdition[]
  cursor: string | null
}

export type RouteEdition = {
  /** Names it, for a rollback */
  revision: number
  at: string
  by: string | null
  /** Of a web app */
  targetUrl?: string
  /** Of a database */
  targetHost?: string
  targetPort?: number
  /** As they were given, without passwords */
  options: Record<string, unknown>
  suspended?: true
}

export type RolledBack = {
  success: true
  message: string
  route: Route
  status: RouteStatus
  applied: Applied
  /** What may not be meant so */
  warnings?: string[]
}

export type RollbackRequest = {
  /** With agentKey: instead of a token */
  agentId?: string
  agentKey?: string
  /** One of the history */
  revision: number
}

export type BackendInfo = {
  /** Who told of it; api: put by hand */
  provider: string
  name: string
  /** Its traffic and its log lines are found by this */
  id: string
  hosts: string[]
  pathPrefixes: (string | null)[]
  default: boolean
  balance: 'roundrobin' | 'leastconn' | 'source' | 'random'
  /** Whether what comes by plain HTTP is sent to the same address by HTTPS, with 308. Not given: once the host has a certificate that browsers trust */
  redirectToHttps?: boolean
  /** Whether browsers are told to come by HTTPS alone from now on (Strict-Transport-Security, for 180 days unless maxAgeSeconds is given), where they trust the certificate of the host. 0 takes it back. What the server says of it itself stays. Not given: true, and with redirectToHttps false: false */
  hsts?: boolean | {
    maxAgeSeconds: number
  }
  servers: BackendServerInfo[]
  status: RouteStatus
  /** Why it failed, in HAProxy’s words; or that nothing leads to it */
  reason?: string
  conflicts: BackendConflict[]
  /** Counts the changes */
  revision: number
  createdAt: string
  updatedAt: string
  changedBy: string
}

export type BackendServerInfo = {
  name: string
  address: string
  /** The address that its name stands for at the moment */
  resolved: string
  port: number
  weight: number
  tls: boolean
  tlsVerify: 'none' | 'system'
  protocol: 'http1' | 'h2' | 'h2c' | 'auto'
  check: boolean | {
    path: string
    intervalSeconds: number
    rise: number
    fall: number
    expectStatus: number | null
  }
  backup: boolean
  state: 'ready' | 'drain' | 'maint'
  /** How each node sees it, once the backend stands there */
  seen: {
    node: string
    /** HAProxy’s word */
    status: string
    /** What the last check came to */
    check: string | null
    /** Sessions at the moment */
    current: number
  }[]
}

/** It gets it as soon as the other one lets go */
export type BackendConflict = {
  over: 'name' | 'place'
  /** Of the place; * is any host that nobody has */
  host?: string
  pathPrefix?: string | null
  /** Who has it: provider/name, or an agent */
  with: string
}

export type Authorities = {
  success: true
  /** All of them, as PEM */
  ca: string
  authorities: Authority[]
}

export type Authority = {
  id: string
  /** The others wait, or sign only their revocation lists */
  isSigning: boolean
  signsFrom: string
  notBefore: string
  expiresAt: string
  /** PEM */
  cert: string
  crlUrl: string
}

export type AgentCertificateInfo = {
  agentId: string
  /** null once it was revoked */
  current: {
    serial: string
    /** The id of the CA */
    issuer: string
    names: string[]
    fingerprint: string
    notBefore: string
    expiresAt: string
    /** The front has the private key too */
    keyIsKept: boolean
  } | null
}

export type Issued = {
  success: true
  message: string
  agentId: string
  certificates: CertificateFiles
}

export type Csr = {
  /** With agentKey: instead of a token */
  agentId?: string
  agentKey?: string
  /** PKCS#10 as PEM; only its key is taken */
  csr: string
}

export type Revocation = {
  /** With agentKey: instead of a token */
  agentId?: string
  agentKey?: string
  reason?: 'unspecified' | 'keyCompromise' | 'affiliationChanged' | 'superseded' | 'cessationOfOperation' | 'privilegeWithdrawn'
}

export type EdgeOrder = {
  name: string
  /** waiting: not begun; failed: it is tried again at nextTryAt; issued: it is renewed in time */
  state: 'waiting' | 'ordering' | 'failed' | 'issued'
  /** The ACME server that it is ordered from */
  directory: string
  /** In a row */
  failures: number
  /** In the words of the ACME server */
  lastError: string | null
  nextTryAt: string | null
  /** When the next one is ordered */
  renewsAt: string | null
}

export type Node = {
  name: string
  /** By the front’s own settings: the API can neither change it nor remove it */
  configured: boolean
  /** Of its Data Plane API */
  url: string
  reachable: boolean
  haproxyVersion: string | null
  dataPlaneVersion: string | null
  /** It has everything that was accepted up to this revision */
  appliedRevision: number
  /** How long it has been behind */
  lagMs: number
  reloads: number
  /** How often it was compared with what was accepted */
  passes: number
  lastReloadAt: string | null
  lastError: string | null
  /** What was found other than it had been left, and put right */
  repairs: number
  lastRepair: {
    at: string
    what: string
    why: string
  } | null
}

export type StatsPage = {
  success: true
  stats: RouteStats[]
  /** What is said of the routes is the sum over those that could be asked */
  nodes: {
    name: string
    counted: boolean
  }[]
  cursor: string | null
}

export type RouteStats = HttpStats | MongodbStats | BackendStats

export type HttpStats = {
  type: 'http'
  id: string
  /** Requests, or connections, that run at the moment */
  current: number
  /** From clients, and from servers */
  bytes: {
    in: number
    out: number
  }
  /** Of its own backend, once that stands, on each node */
  servers: ServerStats[]
  agentId: string
  domain: string
  pathPrefix: string | null
  requests: number
  errors: {
    /** Answers of 4xx */
    client: number
    /** Answers of 5xx */
    server: number
    /** Of those: no server could be reached, or it broke off or took too long. null where a node does not tell */
    unanswered: number | null
  }
  responses: ResponseTimes
}

export type ServerStats = {
  node: string
  name: string
  address: string | null
  /** HAProxy’s word */
  status: string
  /** What the last check came to */
  check: string | null
  /** Sessions at the moment */
  current: number
  sessions: number
  bytesIn: number
  bytesOut: number
  /** Connections to it that failed */
  connectErrors: number
}

/** From the moment a request was sent on until its answer began */
export type ResponseTimes = {
  /** Of the latest 30 or so; null: there was none yet */
  averageMs: number | null
  /** null where a node does not tell: those with the real Data Plane API */
  histogram: {
    /** null: all that took longer */
    upToMs: number | null
    requests: number
  }[] | null
}

export type MongodbStats = {
  type: 'mongodb'
  id: string
  /** Requests, or connections, that run at the moment */
  current: number
  /** From clients, and from servers */
  bytes: {
    in: number
    out: number
  }
  /** Of its own backend, once that stands, on each node */
  servers: ServerStats[]
  agentId: string
  domain: string
  name: string | null
  connections: number
}

/** For administrators */
export type BackendStats = {
  type: 'backend'
  id: string
  /** Requests, or connections, that run at the moment */
  current: number
  /** From clients, and from servers */
  bytes: {
    in: number
    out: number
  }
  /** Of its own backend, once that stands, on each node */
  servers: ServerStats[]
  provider: string
  name: string
  requests: number
  errors: {
    /** Answers of 4xx */
    client: number
    /** Answers of 5xx */
    server: number
    /** Of those: no server could be reached, or it broke off or took too long. null where a node does not tell */
    unanswered: number | null
  }
  responses: ResponseTimes
}

export type LogLines = {
  success: true
  lines: LogLine[]
  /** Lines that came faster than they can be read, since the front started */
  dropped: number
}

export type LogLine = {
  at: string
  node: string
  kind: 'http' | 'mongodb'
  /** null: no route has this name */
  route: string | null
  agentId: string | null
  client: string
  tls: boolean | null
  /** Of HTTP: 1 or 2 */
  protocol: number | null
  method: string | null
  host: string | null
  /** Without the query */
  path: string | null
  status: number | null
  /** Until the answer was sent, or the connection closed */
  ms: number
  /** To the client */
  bytes: number
  backend: string | null
  /** How it ended, in HAProxy’s letters; --: well */
  end: string
}

export type StreamedEvent = RouteEvent | RouteRemovedEvent | AgentEvent | AgentRemovedEvent | CertificateEvent | CertificateRevokedEvent | EdgeCertificateEvent | EdgeCertificateRemovedEvent | EdgeCertificateFailedEvent | BackendEvent | BackendRemovedEvent | NodeEvent | ResetEvent

/** created and changed: as it was accepted, and pending at that moment. status: what became of it; without an id, because it is in no store */
export type RouteEvent = {
  /** To go on from, as `Last-Event-ID` */
  id?: string
  /** The event’s name */
  event: 'route.created' | 'route.changed' | 'route.status'
  data: Route
}

/** It is gone */
export type RouteRemovedEvent = {
  /** To go on from, as `Last-Event-ID` */
  id?: string
  /** The event’s name */
  event: 'route.removed'
  data: RemovedRoute
}

/** What it was known by */
export type RemovedRoute = {
  type: 'http' | 'mongodb'
  agentId: string
  domain: string
  pathPrefix: string | null
}

/** As it is since then */
export type AgentEvent = {
  /** To go on from, as `Last-Event-ID` */
  id?: string
  /** The event’s name */
  event: 'agent.registered' | 'agent.changed' | 'agent.suspended' | 'agent.resumed' | 'agent.revoked'
  data: AgentWithoutHeartbeat
}

export type AgentWithoutHeartbeat = {
  agentId: string
  agentName: string | null
  targetIp: string
  suspended: boolean
  createdAt: string
  updatedAt: string
}

/** It is gone, and this stream ends for it */
export type AgentRemovedEvent = {
  /** To go on from, as `Last-Event-ID` */
  id?: string
  /** The event’s name */
  event: 'agent.removed'
  data: OfAgent
}

export type OfAgent = {
  agentId: string
}

/** Without any key */
export type CertificateEvent = {
  /** To go on from, as `Last-Event-ID` */
  id?: string
  /** The event’s name */
  event: 'certificate.issued' | 'certificate.renewed' | 'certificate.changed'
  data: AgentCertificateInfo
}

/** They are void */
export type CertificateRevokedEvent = {
  /** To go on from, as `Last-Event-ID` */
  id?: string
  /** The event’s name */
  event: 'certificate.revoked'
  data: RevokedCertificate
}

/** All that the agent had are void */
export type RevokedCertificate = {
  agentId: string
  current: null
}

/** changed: uploaded. expiring: it should have been renewed by now. For administrators */
export type EdgeCertificateEvent = {
  /** To go on from, as `Last-Event-ID` */
  id?: string
  /** The event’s name */
  event: 'certificate.edge-issued' | 'certificate.edge-renewed' | 'certificate.edge-changed' | 'certificate.edge-expiring'
  data: EdgeInfo
}

export type EdgeInfo = {
  name: string
  /** front: made, and renewed, by the front itself; acme: by the ACME server */
  origin: 'front' | 'upload' | 'acme'
  /** What it is good for */
  names: string[]
  fingerprint: string
  notBefore: string
  expiresAt: string
  updatedAt: string
  /** Browsers are taken to trust it: until it expires, plain HTTP is sent to HTTPS */
  trusted: boolean
  /** PEM, without the key */
  chain: string
}

/** For administrators */
export type EdgeCertificateRemovedEvent = {
  /** To go on from, as `Last-Event-ID` */
  id?: string
  /** The event’s name */
  event: 'certificate.edge-removed'
  data: OfEdge
}

export type OfEdge = {
  name: string
}

/** The ACME server gave no certificate. For administrators */
export type EdgeCertificateFailedEvent = {
  /** To go on from, as `Last-Event-ID` */
  id?: string
  /** The event’s name */
  event: 'certificate.edge-failed'
  data: EdgeOrder
}

/** As it was accepted, and pending at that moment. For administrators */
export type BackendEvent = {
  /** To go on from, as `Last-Event-ID` */
  id?: string
  /** The event’s name */
  event: 'backend.created' | 'backend.changed'
  data: BackendInfo
}

/** It is gone. For administrators */
export type BackendRemovedEvent = {
  /** To go on from, as `Last-Event-ID` */
  id?: string
  /** The event’s name */
  event: 'backend.removed'
  data: RemovedBackend
}

export type RemovedBackend = {
  provider: string
  name: string
}

/** For administrators; without an id, because it is in no store */
export type NodeEvent = {
  /** To go on from, as `Last-Event-ID` */
  id?: string
  /** The event’s name */
  event: 'node.reachable' | 'node.unreachable' | 'node.repaired' | 'node.reloaded'
  data: Node
}

/** What came since the given id is not known: read the lists again */
export type ResetEvent = {
  /** To go on from, as `Last-Event-ID` */
  id?: string
  /** The event’s name */
  event: 'reset'
  data: Reset
}

export type Reset = {
  code: 'STORE_COMPACTED'
  message: string
}

export interface Calls {
  /** Whether every part works */
  getHealth: {
    takes: Nothing
    gives: Health
  }
  /** Register an agent, or update it with its own key */
  registerAgent: {
    takes: { headers?: { 'idempotency-key'?: string }; body: Registration }
    gives: Registered
  }
  /** A new token for an agent’s key */
  authenticateAgent: {
    takes: { headers?: { 'idempotency-key'?: string }; body: KeyLogin }
    gives: Token
  }
  /** One agent */
  getAgent: {
    takes: { path: { agentId: AgentId }; headers?: { 'if-none-match'?: string } }
    gives: OneAgent
  }
  /** Change an agent, or suspend it */
  updateAgent: {
    takes: { path: { agentId: AgentId }; headers?: { 'if-match'?: string; 'idempotency-key'?: string }; body: AgentChange }
    gives: OneAgent
  }
  /** Remove an agent with all that is its own */
  removeAgent: {
    takes: { path: { agentId: AgentId }; headers?: { 'if-match'?: string; 'idempotency-key'?: string }; body?: Credentials }
    gives: Message
  }
  /** What an agent reports of itself */
  reportHeartbeat: {
    takes: { path: { agentId: AgentId }; headers?: { 'idempotency-key'?: string }; body: HeartbeatReport }
    gives: Message
  }
  /** A new key; the old one and all tokens are refused from now on */
  rotateAgentKey: {
    takes: { path: { agentId: AgentId }; headers?: { 'if-match'?: string; 'idempotency-key'?: string }; body?: Credentials }
    gives: NewKey
  }
  /** All tokens and certificates of the agent are refused from now on */
  revokeAgent: {
    takes: { path: { agentId: AgentId }; headers?: { 'if-match'?: string; 'idempotency-key'?: string }; body?: Credentials }
    gives: Message
  }
  /** The agent’s certificates and settings */
  getAgentConfig: {
    takes: { path: { agentId: AgentId }; headers?: { 'if-none-match'?: string } }
    gives: AgentConfig
  }
  /** A host name for a web app: a new one, or all that it said before is replaced */
  putHttpRoute: {
    takes: { headers?: { prefer?: string; 'if-match'?: string; 'if-none-match'?: string; 'idempotency-key'?: string }; body: HttpRouteRequest }
    gives: HttpRouteAnswer
  }
  /** A host name for a MongoDB database */
  putMongodbRoute: {
    takes: { headers?: { prefer?: string; 'if-match'?: string; 'if-none-match'?: string; 'idempotency-key'?: string }; body: MongodbRouteRequest }
    gives: MongodbRouteAnswer
  }
  /** Nothing is served for it from the moment of the answer. Without pathPrefix: all routes of the host */
  removeRoute: {
    takes: { headers?: { 'if-match'?: string; 'idempotency-key'?: string }; body: RouteRemovalRequest }
    gives: RouteRemoved
  }
  /** Up to 10000 routes at once, all or nothing */
  changeRoutes: {
    takes: { headers?: { 'idempotency-key'?: string }; body: Bulk }
    gives: BulkAnswer
  }
  /** All routes of an agent */
  listRoutesOfAgent: {
    takes: { path: { agentId: AgentId }; query?: { limit?: number; cursor?: string } }
    gives: AgentRoutes
  }
  /** One route, and how it came to HAProxy */
  getRoute: {
    takes: { path: { id: string }; headers?: { 'if-none-match'?: string } }
    gives: RouteDetails
  }
  /** What was asked of the route, newest first: the last 50 times */
  listEditionsOfRoute: {
    takes: { path: { id: string }; query?: { limit?: number; cursor?: string } }
    gives: RouteHistory
  }
  /** The route says again what it said at that revision, if it still may */
  rollBackRoute: {
    takes: { path: { id: string }; headers?: { 'if-match'?: string; prefer?: string; 'idempotency-key'?: string }; body: RollbackRequest }
    gives: RolledBack
  }
  /** The CAs to trust, newest first */
  listAuthorities: {
    takes: Nothing
    gives: Authorities
  }
  /** The CAs to trust, as PEM */
  getAuthoritiesPem: {
    takes: Nothing
    gives: string
  }
  /** The revocation lists of all CAs, as PEM */
  getRevocationListsPem: {
    takes: Nothing
    gives: string
  }
  /** A certificate for a key that never leaves the agent */
  signAgentCsr: {
    takes: { path: { agentId: AgentId }; headers?: { 'idempotency-key'?: string }; body: Csr }
    gives: Issued
  }
  /** A new certificate before it is time: for a new key, or for the same where only the agent has it */
  renewAgentCertificate: {
    takes: { path: { agentId: AgentId }; headers?: { 'idempotency-key'?: string }; body?: Credentials }
    gives: Issued
  }
  /** All certificates of the agent are void from now on */
  revokeAgentCertificates: {
    takes: { path: { agentId: AgentId }; headers?: { 'idempotency-key'?: string }; body?: Revocation }
    gives: Message
  }
  /** The front forgets the private key, which then only the agent has */
  forgetAgentKey: {
    takes: { path: { agentId: AgentId }; headers?: { 'idempotency-key'?: string }; body?: Credentials }
    gives: Message
  }
  /** Requests, errors, bytes and response times of routes and backends, out of HAProxy’s counters */
  listStats: {
    takes: { query?: { limit?: number; cursor?: string; agentId?: string; route?: string } }
    gives: StatsPage
  }
  /** The newest lines of the access log, or a stream of those that come; an agent sees its own */
  listLogLines: {
    takes: { query?: { agentId?: string; route?: string; host?: string; status?: string; limit?: number; follow?: 'true' | 'false' } }
    gives: LogLines
  }
}

export type Nothing = Record<string, never>

export type ErrorCode =
  | 'AGENT_EXISTS'
  | 'AGENT_NOT_FOUND'
  | 'AGENT_SUSPENDED'
  | 'BODY_TOO_LARGE'
  | 'CERTIFICATE_NOT_FOUND'
  | 'FORBIDDEN'
  | 'HEADERS_TOO_LARGE'
  | 'HOST_TAKEN'
  | 'IDEMPOTENCY_IN_PROGRESS'
  | 'IDEMPOTENCY_KEY_REUSED'
  | 'INTERNAL'
  | 'INVALID_CREDENTIALS'
  | 'INVALID_INPUT'
  | 'MALFORMED_JSON'
  | 'MALFORMED_REQUEST'
  | 'METHOD_NOT_ALLOWED'
  | 'NAME_RELEASED'
  | 'NOT_READY'
  | 'NOT_SUPPORTED'
  | 'PRECONDITION_FAILED'
  | 'REJECTED_BY_HAPROXY'
  | 'REQUEST_TIMEOUT'
  | 'RESOLVER_UNAVAILABLE'
  | 'REVISION_NOT_FOUND'
  | 'ROUTE_NOT_FOUND'
  | 'STORE_COMPACTED'
  | 'STORE_UNAVAILABLE'
  | 'TARGET_REFUSED'
  | 'TOO_MANY_REQUESTS'
  | 'TOO_MANY_ROUTES'
  | 'UNAUTHORIZED'
  | 'UNSUPPORTED_MEDIA_TYPE'
  | 'WRONG_SECRET_KEY'

export const PLACES: { readonly [call in keyof Calls]: { method: string; path: string } } = {
  getHealth: { method: 'GET', path: '/api/health' },
  registerAgent: { method: 'POST', path: '/api/agents/register' },
  authenticateAgent: { method: 'POST', path: '/api/agents/authenticate' },
  getAgent: { method: 'GET', path: '/api/agents/{agentId}' },
  updateAgent: { method: 'PATCH', path: '/api/agents/{agentId}' },
  removeAgent: { method: 'DELETE', path: '/api/agents/{agentId}' },
  reportHeartbeat: { method: 'POST', path: '/api/agents/{agentId}/heartbeat' },
  rotateAgentKey: { method: 'POST', path: '/api/agents/{agentId}/rotate-key' },
  revokeAgent: { method: 'POST', path: '/api/agents/{agentId}/revoke' },
  getAgentConfig: { method: 'GET', path: '/api/config/{agentId}' },
  putHttpRoute: { method: 'POST', path: '/api/proxy/http' },
  putMongodbRoute: { method: 'POST', path: '/api/proxy/mongodb' },
  removeRoute: { method: 'DELETE', path: '/api/proxy' },
  changeRoutes: { method: 'POST', path: '/api/proxy/bulk' },
  listRoutesOfAgent: { method: 'GET', path: '/api/proxy/agents/{agentId}' },
  getRoute: { method: 'GET', path: '/api/proxy/routes/{id}' },
  listEditionsOfRoute: { method: 'GET', path: '/api/proxy/routes/{id}/history' },
  rollBackRoute: { method: 'POST', path: '/api/proxy/routes/{id}/rollback' },
  listAuthorities: { method: 'GET', path: '/api/certificates/ca' },
  getAuthoritiesPem: { method: 'GET', path: '/api/certificates/ca.pem' },
  getRevocationListsPem: { method: 'GET', path: '/api/certificates/ca.crl.pem' },
  signAgentCsr: { method: 'POST', path: '/api/certificates/agents/{agentId}/csr' },
  renewAgentCertificate: { method: 'POST', path: '/api/certificates/agents/{agentId}/renew' },
  revokeAgentCertificates: { method: 'POST', path: '/api/certificates/agents/{agentId}/revoke' },
  forgetAgentKey: { method: 'DELETE', path: '/api/certificates/agents/{agentId}/key' },
  listStats: { method: 'GET', path: '/api/stats' },
  listLogLines: { method: 'GET', path: '/api/logs' },
}
