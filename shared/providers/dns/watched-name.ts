import { z } from 'zod'
import { Backend } from '../../domain/backend.ts'
import { BackendServer } from '../../domain/backend-server.ts'
import { Port } from '../../domain/target-host.ts'

const LABEL = '[A-Za-z0-9_](?:[A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?'
const DnsName = z
  .string()
  .max(253, 'must have at most 253 characters')
  .regex(new RegExp(`^${LABEL}(?:\\.${LABEL})*\\.?$`), 'must be a name, such as _http._tcp.api.example.com')

const { name, hosts, pathPrefixes, balance, redirectToHttps, hsts, default: isDefault } = Backend.shape
const Common = {
  ...{ name, hosts, pathPrefixes, balance, redirectToHttps, hsts, default: isDefault },
  server: BackendServer.pick({ tls: true, tlsVerify: true, protocol: true, check: true })
    .partial()
    .default({})
    .meta({ description: 'What holds for each of its servers' }),
}

/** A backend whose servers DNS names: by SRV records, or by A and AAAA records and a port. */
export const WatchedName = z.union(
  [z.strictObject({ ...Common, srv: DnsName }), z.strictObject({ ...Common, addresses: DnsName, port: Port })],
  'must have srv, or addresses and port',
)
export type WatchedName = z.infer<typeof WatchedName>
