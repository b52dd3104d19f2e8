import type { Server } from '../../dataplane/models.ts'
import { checkOfTarget, httpCheckOf, verifyOfTarget } from '../../domain/moving-targets.ts'
import type { HttpRoute, Target } from '../../domain/route-record.ts'
import { tlsNameOf } from '../../domain/transport.ts'

/** Whom the front's own CA vouches for, and the front's certificate for them: paths that only the base knows. */
const FRONT_TRUST = 'front_base_http_trust'
const PUBLIC_TRUST = '@system-ca'

const BOTH = 'h2,http/1.1'
const ALPN = { auto: BOTH, http1: 'http/1.1', h2: 'h2', h2c: BOTH }

/** The defaults section that the route's backend takes. */
export const defaultsOf = ({ tlsVerify }: HttpRoute): string =>
  tlsVerify === 'front' ? FRONT_TRUST : 'front_base_http'

/** How HAProxy speaks with a target of an HTTP route, also where it checks it over HTTP. */
export function transportTo(target: Target, route: HttpRoute): Partial<Server> {
  const protocol = target.protocol ?? route.protocol ?? 'auto'
  const isAskedOverHttp = httpCheckOf(route) !== null && checkOfTarget(route, target) !== false
  if (!target.tls) return protocol === 'h2c' ? { proto: 'h2', ...(isAskedOverHttp && { check_proto: 'h2' }) } : {}
  const alpn = ALPN[protocol]
  return {
    ...tlsTo(target, route),
    alpn,
    // HAProxy 2.6 takes what the server chose for HTTP/1.1 unless the check has its own offer, and no check gets through
    // beside `proto`. There a server that chooses nothing is spoken to in HTTP/1.1.
    ...(isAskedOverHttp && { check_alpn: alpn }),
    ...(protocol === 'h2' && !isAskedOverHttp && { proto: 'h2' }),
  }
}

function tlsTo(target: Target, route: HttpRoute): Partial<Server> {
  const name = tlsNameOf(route, target)
  return {
    ssl: 'enabled',
    ...(name !== null && { sni: `str(${name})`, 'check-sni': name }),
    ...verified(verifyOfTarget(route, target), name ?? target.host),
  }
}

/** Always by a name that the configuration holds: whatever else the CA has signed is somebody else. */
function verified(by: HttpRoute['tlsVerify'], name: string): Partial<Server> {
  if (by === 'none') return { verify: 'none' }
  return { verify: 'required', verifyhost: name, ...(by === 'system' && { ssl_cafile: PUBLIC_TRUST }) }
}
