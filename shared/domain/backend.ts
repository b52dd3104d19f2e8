import { z } from 'zod'
import { backendProblems } from './backend-rules.ts'
import { BackendServer, ProxyName } from './backend-server.ts'
import { LABEL, LABEL_IN_ANY_CASE } from './host-label.ts'
import { Hsts, RedirectToHttps } from './options/https.ts'
import { PathPrefix } from './path-prefix.ts'

const MAX_SERVERS = 500
const MAX_NAMES = 100

const HostName = z
  .string()
  .max(253, 'must have at most 253 characters')
  .toLowerCase()
  .regex(new RegExp(`^${LABEL}(?:\\.${LABEL})+$`), 'must be a whole host name, such as api.example.com')
  .meta({ pattern: `^${LABEL_IN_ANY_CASE}(?:\\.${LABEL_IN_ANY_CASE})+$`, example: 'api.example.com' })

export const BackendName = ProxyName.meta({ example: 'api-backend' })

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
