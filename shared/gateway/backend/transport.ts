import type { Server } from '../../dataplane/models.ts'
import type { HttpRoute, Target } from '../../domain/route-record.ts'
import { tlsNameOf } from '../../domain/transport.ts'

/** Whom the front's own CA vouches for, and the front's certificate for them: paths that only the base knows. */
const FRONT_TRUST = 'front_base_http_trust'
const PUBLIC_TRUST = '@system-ca'

const ALPN = { auto: 'h2,http/1.1', http1: 'http/1.1', h2: 'h2', h2c: undefined }

/** The defaults section that the route's backend takes. */
export const defaultsOf = ({ tlsVerify }: HttpRoute): string =>
  tlsVerify === 'front' ? FRONT_TRUST : 'front_base_http'

/** How HAProxy speaks with a target of an HTTP route, also in its health checks. */
export function transportTo(target: Target, route: HttpRoute): Partial<Server> {
  const { protocol = 'auto' } = route
  const isHttp2Alone = protocol === 'h2' || protocol === 'h2c'
  return {
    ...(isHttp2Alone && { proto: 'h2', check_proto: 'h2' }),
    ...(target.tls && tlsTo(target, route, ALPN[protocol])),
    ...(target.tls && protocol === 'h2' && { check_alpn: 'h2' }),
  }
}

function tlsTo(target: Target, route: HttpRoute, alpn: string | undefined): Partial<Server> {
  const name = tlsNameOf(route, target)
  return {
    ssl: 'enabled',
    ...(alpn !== undefined && { alpn }),
    ...(name !== null && { sni: `str(${name})`, 'check-sni': name }),
    ...verified(route.tlsVerify, name ?? target.host),
  }
}

/** Always by a name that the configuration holds: whatever else the CA has signed is somebody else. */
function verified(by: HttpRoute['tlsVerify'], name: string): Partial<Server> {
  if (by === 'none') return { verify: 'none' }
  return { verify: 'required', verifyhost: name, ...(by === 'system' && { ssl_cafile: PUBLIC_TRUST }) }
}
