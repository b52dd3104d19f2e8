import type { Backend, HttpRequestRule } from '../../dataplane/models.ts'
import type { HttpRoute, MongodbRoute, Route } from '../../domain/route-record.ts'
import { denyOthers, rejectOthers } from './allow-from.ts'
import { httpCheck } from './checks.ts'
import { backendName } from './names.ts'
import { serversOf } from './servers.ts'
import { defaultsOf } from './transport.ts'

/** The backend of a route: pure, and the same for the same route. */
export function backendOf(route: Route): Backend {
  return route.type === 'http' ? httpBackend(route) : mongodbBackend(route)
}

function httpBackend(route: HttpRoute): Backend {
  return {
    name: backendName(route),
    mode: 'http',
    from: defaultsOf(route),
    balance: { algorithm: route.balance },
    ...httpCheck(route),
    ...someOf('http_request_rule_list', denyOthers(route.allowFrom)),
    servers: serversOf(route),
  }
}

function mongodbBackend(route: MongodbRoute): Backend {
  return {
    name: backendName(route),
    mode: 'tcp',
    from: 'front_base_tcp',
    balance: { algorithm: 'first' },
    ...someOf('tcp_request_rule_list', rejectOthers(route.allowFrom)),
    servers: serversOf(route),
  }
}

type RuleList = 'http_request_rule_list' | 'http_response_rule_list' | 'tcp_request_rule_list'
const someOf = (list: RuleList, rules: HttpRequestRule[]): Partial<Backend> =>
  rules.length > 0 ? { [list]: rules } : {}
