import type { Config } from '../config.ts'
import { StartError } from './start-error.ts'

const LOOPBACK = /^(?:127\.|::1$)/

/** Without enrolment tokens only where nobody but this machine can reach the front. */
export function mayRegisterOpenly({ REGISTRATION, HOST, BIND, DATAPLANE_URL }: Config): boolean {
  const isLocal = LOOPBACK.test(HOST) && LOOPBACK.test(BIND) && DATAPLANE_URL === undefined
  if (REGISTRATION === 'open' && !isLocal) {
    throw new StartError(
      'REGISTRATION must not be open where others can reach the front: set HOST and BIND to 127.0.0.1 and no DATAPLANE_URL, or leave it out',
    )
  }
  return isLocal && REGISTRATION !== 'token'
}
