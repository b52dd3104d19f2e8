import type { Config } from '../config.ts'
import { listensLocally } from './listens-locally.ts'
import { StartError } from './start-error.ts'

/** Without enrolment tokens only where nobody but this machine can reach the front. */
export function mayRegisterOpenly(config: Config): boolean {
  const isLocal = listensLocally(config)
  if (config.REGISTRATION === 'open' && !isLocal) {
    throw new StartError(
      'REGISTRATION must not be open where others can reach the front: set HOST and BIND to 127.0.0.1 and no DATAPLANE_URL, or leave it out',
    )
  }
  return isLocal && config.REGISTRATION !== 'token'
}
