import type { Backend, HttpRequestRule, Server } from '../../dataplane/models.ts'
import { checkOfTarget, httpCheckOf, mayHaveOthers } from '../../domain/moving-targets.ts'
import type { Check, HttpRoute, Route, Target } from '../../domain/route-record.ts'

const CHECK_EVERY_MS = 2_000
const RISE = 2
const FALL = 3
/** While it is not sure whether a server is there or gone; and while it is gone. */
const FAST_MS = 500
const DOWN_MS = 1_000

const isHttpCheck = (check: Check) => check !== false && check.kind === 'http'

export function checking(route: Route, target: Target): Partial<Server> {
  const check = checkOfTarget(route, target)
  if (check === false) return {}
  const [inter, rise, fall] = isHttpCheck(check)
    ? [check.intervalSeconds * 1_000, check.rise, check.fall]
    : [CHECK_EVERY_MS, RISE, FALL]
  const single: Partial<Server> = { check: 'enabled', inter, rise, fall }
  return route.type === 'http' && mayHaveOthers(route) ? { ...single, ...leavesAtOnce(inter) } : single
}

/**
 * The first request that it does not take goes to another server, and so do the next ones until checks find it again. Not
 * where there is no other: it may be back sooner than they would.
 */
const leavesAtOnce = (inter: number): Partial<Server> => ({
  observe: 'layer4',
  error_limit: 1,
  'on-error': 'mark-down',
  fastinter: Math.min(inter, FAST_MS),
  downinter: Math.min(inter, DOWN_MS),
})

export function httpCheck(route: HttpRoute): Partial<Backend> {
  const check = httpCheckOf(route)
  if (check === null) return {}
  const send: HttpRequestRule = {
    type: 'send',
    method: 'GET',
    uri: check.path,
    version: 'HTTP/1.1',
    headers: [{ name: 'Host', fmt: check.host ?? route.hostHeader ?? route.host }, ...forIngress(route)],
  }
  const expect: HttpRequestRule = {
    type: 'expect',
    match: 'rstatus',
    pattern: check.expectStatus === null ? '^[23]' : `^${check.expectStatus}$`,
  }
  return { adv_check: 'httpchk', http_check_list: [send, expect] }
}

/** By what an agent's ingress knows the app that is meant, as it would be said of a request. */
function forIngress({ agentName, host, pathPrefix }: HttpRoute): { name: string; fmt: string }[] {
  if (agentName === undefined) return []
  const prefix = pathPrefix === null ? [] : [{ name: 'X-Forwarded-Prefix', fmt: pathPrefix.slice(0, -1) }]
  return [{ name: 'X-Forwarded-Host', fmt: host }, ...prefix]
}
