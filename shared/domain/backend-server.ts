import { z } from 'zod'
import { HttpCheck } from './options/check.ts'
import { whole } from './options/whole.ts'
import { Port, TargetHost } from './target-host.ts'

/** HAProxy's own most. */
const MAX_WEIGHT = 256

/** What a provider calls its backends and servers. */
export const ProxyName = z
  .string()
  .regex(
    /^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$/,
    'must begin with a letter or digit, and have only those and ._- in at most 63',
  )

export const BackendServer = z
  .strictObject({
    name: ProxyName.meta({ description: 'Unlike all others of the backend', example: 'srv1' }),
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
