import { type Client, createClient } from './client.ts'
import type { Credentials } from './login.ts'
import { createTransport, type Transport } from './transport.ts'

export interface ConnectOptions {
  /** The members' client URLs. */
  endpoints: string[]
  credentials?: Credentials | undefined
  /** How long one member may take for an answer. Default 1,000. */
  attemptMs?: number
  /** How long an operation goes on trying before it fails. Default 10,000. */
  callMs?: number
  fetch?: typeof globalThis.fetch
  random?: () => number
  /** For durations alone, so it need not be the time of day. */
  now?: () => number
}

/** Connects to no member before something is asked. */
export function connectEtcd({
  endpoints,
  credentials,
  attemptMs = 1_000,
  callMs = 10_000,
  fetch = globalThis.fetch,
  random = Math.random,
  now = () => performance.now(),
}: ConnectOptions): { client: Client; transport: Transport } {
  if (endpoints.length === 0) throw new RangeError('etcd needs at least one endpoint')
  const transport = createTransport({ fetch, credentials })
  const origins = endpoints.map((endpoint) => new URL(endpoint).origin)
  return { transport, client: createClient({ endpoints: origins, transport, attemptMs, callMs, random, now }) }
}
