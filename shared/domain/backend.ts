import { z } from 'zod'
import { backendProblems } from './backend-rules.ts'
import { LABEL, LABEL_IN_ANY_CASE } from './host-label.ts'
import { HttpCheck } from './options/check.ts'
import { Hsts, RedirectToHttps } from './options/https.ts'
import { whole } from './options/whole.ts'
import { PathPrefix } from './path-prefix.ts'
import { Port, TargetHost } from './target-host.ts'

/** HAProxy's own most. */
const MAX_WEIGHT = 256
const MAX_SERVERS = 500
const MAX_NAMES = 100

const NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$/
const name = z.string().regex(NAME, 'must begin with a letter or digit, and have only those and ._- in at most 63')

const HostName = z
  .string()
  .max(253, 'must have at most 253 characters')
  .toLowerCase()
  .regex(new RegExp(`^${LABEL}(?:\\.${LABEL})+$`), 'must be a whole host name, such as api.example.com')
  .meta({ pattern: `^${LABEL_IN_ANY_CASE}(?:\\.${LABEL_IN_ANY_CASE})+$`, example: 'api.example.com' })

export const BackendName = name.meta({ example: 'api-backend' })

export const BackendServer = z
  .strictObject({
    name: name.meta({ description: 'Unlike all others of the backend', example: 'srv1' }),
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
  .meta({ id: 'BackendServer' })
export type BackendServer = z.infer<typeof BackendServer>

const FIELDS = {
  servers: z.array(BackendServer).max(MAX_SERVERS, `must have at most ${MAX_SERVERS} of them`),
  hosts: z
    .array(HostName)
    .max(MAX_NAMES, `must have at most ${MAX_NAMES} of them`)
    .default([])
    .meta({ description: 'Whose requests it gets; none: with pathPrefixes those of any host that nobody else has' }),
  pathPrefixes: z
    .array(PathPrefix)
    .max(MAX_NAMES, `must have at most ${MAX_NAMES} of them`)
    .default([])
    .meta({ description: 'Only paths under these; none: all paths' }),
  balance: z
    .enum(['roundrobin', 'leastconn', 'source', 'random'], 'must be roundrobin, leastconn, source or random')
    .default('roundrobin')
    .meta({ description: 'How a server is chosen; source: by the client’s address' }),
  redirectToHttps: RedirectToHttps.optional(),
  hsts: Hsts.optional(),
  default: z.boolean().default(false).meta({
    description: 'It also gets the requests for hosts that nobody has, outside the apps’ domain, whatever their path',
  }),
}

const refine = (backend: Parameters<typeof backendProblems>[0], context: z.RefinementCtx) => {
  for (const { path, message } of backendProblems(backend)) context.addIssue({ code: 'custom', path, message })
}

/** A backend as a provider tells of it. */
export const Backend = z
  .strictObject({ name: BackendName, ...FIELDS })
  .superRefine(refine)
  .meta({ id: 'Backend' })
export type Backend = z.infer<typeof Backend>

/** The same where its name stands elsewhere. */
export const BackendSettings = z.strictObject(FIELDS).superRefine(refine).meta({ id: 'BackendSettings' })

/** What may be left out is. */
export type BackendInput = z.input<typeof Backend>
