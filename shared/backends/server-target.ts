import type { Backend } from '../domain/backend.ts'
import { verifyOf } from '../domain/backend-rules.ts'
import type { BackendServer } from '../domain/backend-server.ts'
import type { Check, TargetRequest } from '../domain/route-record.ts'
import { checkHostOf } from './backend-record.ts'

/** A server of a backend before its name was resolved. */
export function targetOf(server: BackendServer, backend: Backend): TargetRequest {
  const { name, address, port, weight, tls, protocol, backup, state } = server
  return {
    ...{ host: address, port, tls, weight, backup, name, state },
    ...(protocol !== 'auto' && { protocol }),
    tlsVerify: verifyOf(server),
    check: checkOf(server, checkHostOf(backend)),
  }
}

function checkOf({ check }: BackendServer, host: string): Check {
  return typeof check === 'boolean' ? check && { kind: 'tcp' } : { kind: 'http', ...check, host }
}
