import type { Backend, HttpRequestRule } from '../../dataplane/models.ts'
import type { HttpRoute, MongodbRoute, Route } from '../../domain/route-record.ts'
import { denyOthers, rejectOthers } from './allow-from.ts'
import { askPassword } from './ask-password.ts'
import { balanceOf } from './balance.ts'
import { httpCheck } from './checks.ts'
import { rejectOtherClients } from './clients.ts'
import { changeHeaders, setHeader } from './headers.ts'
import { backendName } from './names.ts'
import { limitRate, rateTable } from './rate-limit.ts'
import { serversOf } from './servers.ts'
import { stickyCookie } from './sticky.ts'
import { stripPrefix } from './strip-prefix.ts'
import { timeoutsOf } from './timeouts.ts'
import { defaultsOf, trustOfComing } from './transport.ts'

/** The backend of a route: always the same for the same route. */
export type BackendOf = (route: Route) => Backend

export const backendOf: BackendOf = (route) => (route.type === 'http' ? httpBackend(route) : mongodbBackend(route))

function httpBackend(route: HttpRoute): Backend {
  return {
    name: backendName(route),
    mode: 'http',
    from: defaultsOf(route),
    ...balanceOf(route),
    ...timeoutsOf(route.timeouts),
    ...stickyCookie(route),
    ...rateTable(route),
    ...httpCheck(route),
    ...someOf('http_request_rule_list', requestRules(route)),
    ...someOf('http_response_rule_list', changeHeaders(route.responseHeaders)),
    ...trustOfComing(route),
    servers: serversOf(route),
  }
}

/** Who may not come is sent away first; then the request is made what the server is to see. */
function requestRules(route: HttpRoute): HttpRequestRule[] {
  const { pathPrefix, rateLimit, basicAuth, hostHeader } = route
  return [
    ...denyOthers(route.allowFrom),
    ...(rateLimit ? limitRate(rateLimit) : []),
    ...(basicAuth ? askPassword(basicAuth, route.mainHost ?? route.host) : []),
    ...(route.stripPrefix && pathPrefix !== null ? stripPrefix(pathPrefix) : []),
    ...(hostHeader !== undefined ? [setHeader('Host', hostHeader)] : []),
    ...changeHeaders(route.requestHeaders),
  ]
}

function mongodbBackend(route: MongodbRoute): Backend {
  return {
    name: backendName(route),
    mode: 'tcp',
    from: defaultsOf(route),
    balance: { algorithm: 'first' },
    ...someOf('tcp_request_rule_list', [...rejectOthers(route.allowFrom), ...rejectOtherClients(route.clients)]),
    servers: serversOf(route),
  }
}

type RuleList = 'http_request_rule_list' | 'http_response_rule_list' | 'tcp_request_rule_list'
const someOf = (list: RuleList, rules: HttpRequestRule[]): Partial<Backend> =>
  rules.length > 0 ? { [list]: rules } : {}
