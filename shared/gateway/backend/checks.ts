import type { Backend, HttpRequestRule, Server } from '../../dataplane/models.ts'
import type { Check, HttpRoute } from '../../domain/route-record.ts'

const CHECK_EVERY_MS = 2_000
const RISE = 2
const FALL = 3

const isHttpCheck = (check: Check) => check !== false && check.kind === 'http'

export function checking(check: Check): Partial<Server> {
  if (check === false) return {}
  const [inter, rise, fall] = isHttpCheck(check)
    ? [check.intervalSeconds * 1_000, check.rise, check.fall]
    : [CHECK_EVERY_MS, RISE, FALL]
  return { check: 'enabled', inter, rise, fall }
}

export function httpCheck(route: HttpRoute): Partial<Backend> {
  const { check } = route
  if (!isHttpCheck(check)) return {}
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
