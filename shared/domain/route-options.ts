import { z } from 'zod'
import { AddressRange } from './address-range.ts'
import { BasicAuth } from './options/basic-auth.ts'
import { HttpCheck } from './options/check.ts'
import { RequireClientCertificate } from './options/client-certificate.ts'
import { Domains } from './options/domains.ts'
import { RequestHeaders, ResponseHeaders } from './options/headers.ts'
import { HostHeader } from './options/host-header.ts'
import { Hsts, RedirectToHttps } from './options/https.ts'
import { Maintenance } from './options/maintenance.ts'
import { RateLimit } from './options/rate-limit.ts'
import { Sticky } from './options/sticky.ts'
import { Timeouts } from './options/timeouts.ts'
import { whole } from './options/whole.ts'
import { PathPrefix } from './path-prefix.ts'
import { Port, TargetHost } from './target-host.ts'
import { TargetUrlText } from './target-url.ts'
import { Through, TransportOptions } from './transport.ts'

/** With the one that the route names first. */
const MAX_SERVERS = 32
const MAX_RANGES = 100
/** HAProxy's own most. */
const MAX_WEIGHT = 256
const ServerShare = {
  weight: whole(0, MAX_WEIGHT).optional().meta({ description: 'Its share of the requests, 100 if not given' }),
  backup: z.boolean().optional().meta({ description: 'Only asked when no other server answers' }),
}

const useTls = z.boolean()
const allowFrom = z
  .array(AddressRange)
  .min(1, 'must name somebody: without it everybody may connect, and to let nobody in, set maintenance')
  .max(MAX_RANGES, `must have at most ${MAX_RANGES} of them`)
  .meta({ description: 'Addresses and networks that may connect; without it everybody', example: ['192.0.2.0/24'] })
const maxConcurrent = whole(1, 100_000).meta({
  description: 'How many requests or connections may run at a time; more are turned away. A tenth of all if not given',
})
const serversOf = <T extends z.ZodType>(server: T) =>
  z
    .array(server)
    .max(MAX_SERVERS - 1, `must have at most ${MAX_SERVERS - 1} of them`)
    .meta({ description: 'More servers than the first' })

/** A new option of HTTP routes gets its line here, its field in the record, and its rule in make-route.ts. */
export const HttpOptions = z
  .strictObject({
    useTls: useTls.meta({ description: 'TLS to the servers, or none, whatever the scheme of their URLs' }),
    ...TransportOptions,
    check: HttpCheck,
    domains: Domains,
    pathPrefix: PathPrefix,
    stripPrefix: z
      .boolean()
      .meta({ description: 'The server gets paths without the pathPrefix, and that in X-Forwarded-Prefix' }),
    servers: serversOf(z.strictObject({ url: TargetUrlText, ...ServerShare })),
    balance: z
      .enum(['roundrobin', 'leastconn', 'source', 'random'], 'must be roundrobin, leastconn, source or random')
      .meta({ description: 'How a server is chosen; source: by the client’s address. roundrobin if not given' }),
    sticky: Sticky,
    timeouts: Timeouts,
    hostHeader: HostHeader,
    requestHeaders: RequestHeaders,
    responseHeaders: ResponseHeaders,
    redirectToHttps: RedirectToHttps,
    hsts: Hsts,
    allowFrom,
    rateLimit: RateLimit,
    basicAuth: BasicAuth,
    maxConcurrent,
    maintenance: Maintenance,
  })
  .partial()
  .meta({
    id: 'HttpRouteOptions',
    description: 'What is not given has its default: a write replaces all options',
  })
export type HttpOptions = z.infer<typeof HttpOptions>

export const MongodbOptions = z
  .strictObject({
    requireClientCertificate: RequireClientCertificate,
    useTls: useTls.meta({
      description: 'true, the default: passed through to the database’s own TLS. false: HAProxy ends TLS',
    }),
    through: Through.meta({
      description:
        'agent: the servers are the agent’s own ingress, which must show the agent’s certificate and is shown the front’s. Inside of that TLS goes what useTls says. The ports must be given',
    }),
    check: z.boolean().meta({ description: 'Connects every 2 seconds; true by default' }),
    servers: serversOf(z.strictObject({ host: TargetHost, port: Port.optional(), ...ServerShare })),
    allowFrom,
    maxConcurrent,
  })
  .partial()
  .meta({
    id: 'MongodbRouteOptions',
    description: 'What is not given has its default: a write replaces all options',
  })
export type MongodbOptions = z.infer<typeof MongodbOptions>
