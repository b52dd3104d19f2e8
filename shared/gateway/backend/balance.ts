import type { Backend } from '../../dataplane/models.ts'
import { mayHaveOthers } from '../../domain/moving-targets.ts'
import type { HttpRoute } from '../../domain/route-record.ts'

/** A server that takes no connection is left for another one at once, rather than tried three times. */
const ANOTHER_AT_EACH_TRY = 1
/** Where a server has just died, the connections that were kept to it may each take a try before another one is asked. */
const RETRIES = 8

export function balanceOf(route: HttpRoute): Partial<Backend> {
  const { balance } = route
  return {
    balance: { algorithm: balance },
    // Otherwise neither weights nor servers that come and go would be taken while HAProxy runs.
    ...(balance === 'source' && { hash_type: { method: 'consistent' } }),
    ...(mayHaveOthers(route) && {
      redispatch: { enabled: 'enabled', interval: ANOTHER_AT_EACH_TRY },
      retries: RETRIES,
    }),
  }
}
