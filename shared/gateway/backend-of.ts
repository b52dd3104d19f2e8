import type { Backend, HttpRequestRule, Server } from '../dataplane/models.ts'
import type { Check, HttpRoute, MongodbRoute, Route, Target } from '../domain/route-record.ts'
import { defaultsOf, transportTo } from './backend/transport.ts'

const PREFIX = 'b:'
const CHECK_EVERY_MS = 2_000
const RISE = 2
const FALL = 3

/** Another generation is another backend, so that the old one serves until the new one stands. */
export const backendName = ({ id, generation }: Pick<Route, 'id' | 'generation'>): string =>
  `${PREFIX}${id}:${generation}`

export const isOurBackend = (name: string): boolean => name.startsWith(PREFIX)

/** Whose backend it is. */
export const routeIdOf = (name: string): string => name.slice(PREFIX.length, name.lastIndexOf(':'))

export const generationOf = (name: string): number => Number(name.slice(name.lastIndexOf(':') + 1))

/** What the lanes cannot promise, so that nothing but the route's own backend may serve it. */
export const isRestricted = (route: Route): boolean =>
  route.allowFrom.length > 0 ||
  (route.type === 'http' && route.tlsVerify === 'system' && route.targets.some(({ tls }) => tls))

export const needsBackend = (route: Route): boolean =>
  isRestricted(route) || route.check !== false || route.targets.length > 1

export function backendOf(route: Route): Backend {
  return route.type === 'http' ? httpBackend(route) : mongodbBackend(route)
}

function httpBackend(route: HttpRoute): Backend {
  return {
    name: backendName(route),
    mode: 'http',
    from: defaultsOf(route),
    balance: { algorithm: route.balance },
    ...(isHttpCheck(route.check) && httpCheck(route, route.check)),
    ...(route.allowFrom.length > 0 && { http_request_rule_list: allowOnly(route.allowFrom) }),
    servers: servers(route, (target) => transportTo(target, route)),
  }
}

function mongodbBackend(route: MongodbRoute): Backend {
  return {
    name: backendName(route),
    mode: 'tcp',
    from: 'front_base_tcp',
    balance: { algorithm: 'first' },
    ...(route.allowFrom.length > 0 && { tcp_request_rule_list: rejectOthers(route.allowFrom) }),
    servers: servers(route, () => ({})),
  }
}

function servers(route: Route, also: (target: Target) => Partial<Server>): Record<string, Server> {
  const all = route.targets.map((target, index) => {
    const server: Server = {
      name: `s${index + 1}`,
      address: target.address,
      port: target.port,
      weight: target.weight,
      ...(target.backup && { backup: 'enabled' as const }),
      ...checking(route.check),
      ...(endsConnections(route) && { 'on-marked-down': 'shutdown-sessions' as const }),
      ...also(target),
    }
    return [server.name, server] as const
  })
  return Object.fromEntries(all)
}

/**
 * A server that is taken away, or that no longer answers, keeps no connection of a client waiting: but a request that is
 * on its way to another server of the route must not be cut off.
 */
const endsConnections = ({ type, targets }: Route): boolean => type === 'mongodb' || targets.length === 1

function checking(check: Check): Partial<Server> {
  if (check === false) return {}
  const [inter, rise, fall] = isHttpCheck(check)
    ? [check.intervalSeconds * 1_000, check.rise, check.fall]
    : [CHECK_EVERY_MS, RISE, FALL]
  return { check: 'enabled', inter, rise, fall }
}

const isHttpCheck = (check: Check) => check !== false && check.kind === 'http'

function httpCheck(route: HttpRoute, check: Extract<Check, { kind: 'http' }>): Partial<Backend> {
  const send: HttpRequestRule = {
    type: 'send',
    method: 'GET',
    uri: check.path,
    version: 'HTTP/1.1',
    headers: [{ name: 'Host', fmt: route.host }],
  }
  const expect: HttpRequestRule = {
    type: 'expect',
    match: 'rstatus',
    pattern: check.expectStatus === null ? '^[23]' : `^${check.expectStatus}$`,
  }
  return { adv_check: 'httpchk', http_check_list: [send, expect] }
}

/** HAProxy reads no more than 64 words of a line. */
const MOST_NETWORKS = 50

function allowOnly(networks: string[]): HttpRequestRule[] {
  const deny: HttpRequestRule = { type: 'deny', deny_status: 403, cond: 'unless', cond_test: isFrom(networks) }
  if (networks.length <= MOST_NETWORKS) return [deny]
  const mark = { type: 'set-var', ...ALLOWED, var_expr: 'int(1)' }
  return [...markAllowed(mark, networks), { ...deny, cond_test: IS_ALLOWED }]
}

function rejectOthers(networks: string[]): HttpRequestRule[] {
  const reject: HttpRequestRule = { type: 'content', action: 'reject', cond: 'unless', cond_test: isFrom(networks) }
  if (networks.length <= MOST_NETWORKS) return [reject]
  const mark = { type: 'content', action: 'set-var', ...ALLOWED, expr: 'int(1)' }
  return [...markAllowed(mark, networks), { ...reject, cond_test: IS_ALLOWED }]
}

const ALLOWED = { var_scope: 'txn', var_name: 'allowed' }
const IS_ALLOWED = '{ var(txn.allowed) -m found }'

function markAllowed(mark: HttpRequestRule, networks: string[]): HttpRequestRule[] {
  const parts = Array.from({ length: Math.ceil(networks.length / MOST_NETWORKS) }, (_, i) =>
    networks.slice(i * MOST_NETWORKS, (i + 1) * MOST_NETWORKS),
  )
  return parts.map((part) => ({ ...mark, cond: 'if', cond_test: isFrom(part) }))
}

const isFrom = (networks: string[]) => `{ src ${networks.join(' ')} }`
