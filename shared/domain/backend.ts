import { z } from 'zod'
import { HttpCheck } from './options/check.ts'
import { whole } from './options/whole.ts'
import { PathPrefix } from './path-prefix.ts'
import { Port, TargetHost } from './target-host.ts'

/** HAProxy's own most. */
const MAX_WEIGHT = 256
const MAX_SERVERS = 500
const MAX_NAMES = 100

const NAME = /^[A-Za-z0-9](?:[A-Za-z0-9._-]{0,62})$/
const name = (what: string) =>
  z.string().regex(NAME, `must be a name of letters, digits, dots, hyphens and underscores, at most 63: ${what}`)

const LABEL = '[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?'
const HostName = z
  .string()
  .max(253, 'must have at most 253 characters')
  .toLowerCase()
  .regex(new RegExp(`^${LABEL}(?:\\.${LABEL})+$`), 'must be a whole host name, such as api.example.com')

export const BackendName = name('the backend’s').meta({ id: 'BackendName', example: 'api-backend' })

export const BackendServer = z.strictObject({
  name: name('the server’s, unlike all others of the backend').meta({ example: 'srv1' }),
  address: TargetHost,
  port: Port,
  weight: whole(0, MAX_WEIGHT).default(100).meta({ description: 'Its share of the requests' }),
  tls: z.boolean().default(false).meta({ description: 'Whether it is asked by TLS' }),
  tlsVerify: z
    .enum(['none', 'system'], 'must be none or system')
    .optional()
    .meta({ description: 'As of routes: system, the default for names; none, the default for addresses' }),
  protocol: z
    .enum(['http1', 'h2', 'h2c', 'auto'], 'must be http1, h2, h2c or auto')
    .default('auto')
    .meta({ description: 'auto: HTTP/1.1, and over TLS what the server chooses' }),
  check: HttpCheck.default(true),
  backup: z.boolean().default(false).meta({ description: 'Only asked when no other server answers' }),
  state: z
    .enum(['ready', 'drain', 'maint'], 'must be ready, drain or maint')
    .default('ready')
    .meta({ description: 'drain: it ends what it has begun and gets nothing new; maint: it gets nothing' }),
})
export type BackendServer = z.infer<typeof BackendServer>

/** A backend as a provider tells of it. */
export const Backend = z
  .strictObject({
    name: BackendName,
    servers: z.array(BackendServer).max(MAX_SERVERS, `must have at most ${MAX_SERVERS} of them`),
    hosts: z
      .array(HostName)
      .max(MAX_NAMES, `must have at most ${MAX_NAMES} of them`)
      .default([])
      .meta({ description: 'Whose requests it gets; none: those of any host that nobody else has' }),
    pathPrefixes: z
      .array(PathPrefix)
      .max(MAX_NAMES, `must have at most ${MAX_NAMES} of them`)
      .default([])
      .meta({ description: 'Only paths under these; none: all paths' }),
    balance: z
      .enum(['roundrobin', 'leastconn', 'source', 'random'], 'must be roundrobin, leastconn, source or random')
      .default('roundrobin'),
    default: z
      .boolean()
      .default(false)
      .meta({ description: 'It also gets the requests for hosts that nobody has, outside the apps’ domain' }),
  })
  .meta({ id: 'Backend' })
export type Backend = z.infer<typeof Backend>

/** What may be left out is. */
export type BackendInput = z.input<typeof Backend>
