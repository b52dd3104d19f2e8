import type { Backend, Server } from '../../dataplane/models.ts'
import { checkOfTarget, hasMovingTargets, httpCheckOf, verifyOfTarget } from '../../domain/moving-targets.ts'
import type { HttpRoute, Route, Target } from '../../domain/route-record.ts'
import { tlsNameOf } from '../../domain/transport.ts'

/** Whom the front's own CA vouches for, and the front's certificate for them: paths that only the base knows. */
const FRONT_TRUST = { http: 'front_base_http_trust', mongodb: 'front_base_tcp_trust' }
const PUBLIC_TRUST = '@system-ca'

const BOTH = 'h2,http/1.1'
const ALPN = { auto: BOTH, http1: 'http/1.1', h2: 'h2', h2c: BOTH }

/** The defaults section that the route's backend takes. */
export function defaultsOf(route: Route): string {
  if (route.type === 'http') return route.tlsVerify === 'front' ? FRONT_TRUST.http : 'front_base_http'
  return route.targets.some(({ tls }) => tls) ? FRONT_TRUST.mongodb : 'front_base_tcp'
}

/**
 * HAProxy reads the system's authorities when its file names them: a server that comes while it runs, and has to be
 * vouched for by them, finds them read. Those that name none are started with in a third of the time.
 */
export function trustOfComing(route: HttpRoute): Pick<Backend, 'default_server'> {
  const mayBeVerified = hasMovingTargets(route) && route.tlsVerify !== 'front'
  return mayBeVerified ? { default_server: { ssl_cafile: PUBLIC_TRUST } } : {}
}

/** How HAProxy speaks with a target, also where it checks it. */
export function transportTo(target: Target, route: Route): Partial<Server> {
  if (route.type === 'http') return httpTransport(target, route)
  return target.tls ? tlsTo(target, route) : {}
}

function httpTransport(target: Target, route: HttpRoute): Partial<Server> {
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

function tlsTo(target: Target, route: Route): Partial<Server> {
  const name = tlsNameOf(route, target)
  return {
    ssl: 'enabled',
    ...(name !== null && { sni: `str(${name})`, 'check-sni': name }),
    ...verified(verifierOf(target, route), name ?? target.host),
  }
}

/** A database's target over TLS is the agent's ingress. */
const verifierOf = (target: Target, route: Route): HttpRoute['tlsVerify'] =>
  route.type === 'http' ? verifyOfTarget(route, target) : 'front'

/** Always by a name that the configuration holds: whatever else the CA has signed is somebody else. */
function verified(by: HttpRoute['tlsVerify'], name: string): Partial<Server> {
  if (by === 'none') return { verify: 'none' }
  return { verify: 'required', verifyhost: name, ...(by === 'system' && { ssl_cafile: PUBLIC_TRUST }) }
}
