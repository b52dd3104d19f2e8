import { z } from 'zod'
import { AddressRange } from './address-range.ts'
import { PathPrefix } from './path-prefix.ts'
import { Port, TargetHost } from './target-host.ts'
import { TargetUrlText } from './target-url.ts'
import { TransportOptions } from './transport.ts'

/** With the one that the route names first. */
const MAX_SERVERS = 32
const MAX_RANGES = 100
/** HAProxy's own most. */
const MAX_WEIGHT = 256
/** No quote, space, backslash, percent or dollar sign, and nothing that begins a comment. */
const CHECK_PATH = /^\/[A-Za-z0-9/._~!*+,:=@?&-]*$/

const whole = (least: number, most: number) =>
  z.int('must be a whole number').min(least, `must be at least ${least}`).max(most, `must be at most ${most}`)

const HttpCheckOptions = z
  .strictObject({
    path: z
      .string()
      .max(256, 'must have at most 256 characters')
      .regex(CHECK_PATH, 'must be a path of letters, digits and /._~!*+,:=@?&-')
      .default('/'),
    intervalSeconds: whole(1, 3_600).default(2),
    rise: whole(1, 100).default(2),
    fall: whole(1, 100).default(3),
    expectStatus: whole(100, 599).nullable().default(null).meta({ description: 'null: any status from 200 to 399' }),
  })
  .meta({ description: 'Asks over HTTP' })

const ServerShare = {
  weight: whole(0, MAX_WEIGHT).optional().meta({ description: 'Its share of the requests, 100 if not given' }),
  backup: z.boolean().optional().meta({ description: 'Only asked when no other server answers' }),
}

const useTls = z.boolean()
const allowFrom = z
  .array(AddressRange)
  .max(MAX_RANGES, `must have at most ${MAX_RANGES} of them`)
  .meta({ description: 'Addresses and networks that may connect; without it everybody', example: ['192.0.2.0/24'] })
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
    check: z
      .union([z.boolean(), HttpCheckOptions], 'must be true, false, or an object with path, intervalSeconds …')
      .meta({ description: 'true: connects every 2 seconds; the default. false: the route never needs a reload' }),
    pathPrefix: PathPrefix,
    servers: serversOf(z.strictObject({ url: TargetUrlText, ...ServerShare })),
    balance: z.enum(['roundrobin', 'leastconn', 'source', 'random'], 'must be roundrobin, leastconn, source or random'),
    allowFrom,
  })
  .partial()
  .meta({ description: 'What is not given has its default: a write replaces all options' })
export type HttpOptions = z.infer<typeof HttpOptions>

export const MongodbOptions = z
  .strictObject({
    useTls: useTls.meta({
      description: 'true, the default: passed through to the database’s own TLS. false: HAProxy ends TLS',
    }),
    check: z.boolean().meta({ description: 'Connects every 2 seconds; true by default' }),
    servers: serversOf(z.strictObject({ host: TargetHost, port: Port.optional(), ...ServerShare })),
    allowFrom,
  })
  .partial()
export type MongodbOptions = z.infer<typeof MongodbOptions>
