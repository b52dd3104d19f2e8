import { type AgentCalls, agentCalls } from './agents.ts'
import { type Ask, askBy, type Fetch } from './ask.ts'
import { createCaller } from './call.ts'
import { type CertificateCalls, certificateCalls } from './certificates.ts'
import { createEventStreams } from './event-streams.ts'
import { type EventCalls, eventCalls } from './events.ts'
import { type RouteCalls, routeCalls } from './routes.ts'
import { createSession } from './session.ts'
import { type TrafficCalls, trafficCalls } from './traffic.ts'

/** All that an agent says to its front. */
export interface FrontClient extends AgentCalls, RouteCalls, CertificateCalls, EventCalls, TrafficCalls {
  readonly agentId: string
  /** The one that is in force: another one after `rotateKey`. */
  readonly agentKey: string
}

export interface FrontClientOptions {
  /** Where the front's API is: `https://front.example.com`. */
  url: string
  agentId: string
  agentKey: string
  /** The global one if not given; `createPinnedFetch` makes one that believes the front's own CA alone. */
  fetch?: Fetch
  /** Each try of a call; 15 seconds if not given. */
  timeoutMs?: number
  /** How long a call is tried again while the front is away; 30 seconds if not given. */
  patienceMs?: number
  /** Monotonic milliseconds. */
  now?: () => number
  random?: () => number
  /** Makes idempotency keys. */
  newId?: () => string
}

const TIMEOUT_MS = 15_000
const PATIENCE_MS = 30_000

export const createFrontClient = ({
  fetch = (request) => globalThis.fetch(request),
  ...options
}: FrontClientOptions): FrontClient => createAskingClient({ ...options, ask: askBy(fetch) })

interface AskingOptions extends Omit<FrontClientOptions, 'fetch'> {
  ask: Ask
}

export function createAskingClient({
  url,
  agentId,
  agentKey,
  ask,
  timeoutMs = TIMEOUT_MS,
  patienceMs = PATIENCE_MS,
  now = () => performance.now(),
  random = Math.random,
  newId = () => crypto.randomUUID(),
}: AskingOptions): FrontClient {
  const caller = createCaller({ url, ask, timeoutMs, patienceMs, now, random, newId, session: () => session })
  // Tried as long as whoever asks for a token tries again.
  const authenticate = (key: string) =>
    caller.open('authenticateAgent', { body: { agentId, agentKey: key } }, { patienceMs: 0 })
  const session = createSession({ agentKey, authenticate, now, random })
  const streams = createEventStreams(caller, { ask, random })
  return {
    agentId,
    get agentKey() {
      return session.agentKey
    },
    ...agentCalls(caller, session, agentId),
    ...routeCalls(caller, agentId),
    ...certificateCalls(caller, agentId),
    ...eventCalls(streams),
    ...trafficCalls(caller, streams),
  }
}
