import type { Gateway, Outcome, RouteChange, StoredBackend } from '../../shared/gateway/gateway.ts'
import type { FrontendTotals } from '../../shared/gateway/measures.ts'
import type { NodeState } from '../../shared/gateway/states.ts'
import { trafficOf } from '../../shared/gateway/traffic.ts'

export interface FakeGateway extends Gateway {
  /** What it was told, call by call. */
  told: RouteChange[][]
  toldBackends: StoredBackend[][]
  /** How long the callers wanted to wait. */
  waits: (number | undefined)[]
  /** What it answers to each call from now on. */
  answer: (changes: RouteChange[]) => Partial<Outcome> | Promise<Partial<Outcome>>
}

const LIVE: Outcome = {
  status: 'live',
  reason: null,
  applied: { via: 'runtime', why: 'a map entry', steps: [{ step: 'map', ms: 1 }] },
}

const NODE: NodeState = {
  name: 'local',
  configured: true,
  url: 'http://127.0.0.1:5555',
  reachable: true,
  haproxyVersion: '3.0.11',
  dataPlaneVersion: 'v3.4.2',
  appliedRevision: 1,
  lagMs: 0,
  reloads: 0,
  passes: 3,
  lastReloadAt: null,
  lastError: null,
  repairs: 0,
  lastRepair: null,
}

const FRONTEND: FrontendTotals = {
  kind: 'http',
  current: 1,
  sessions: 5,
  bytesIn: 100,
  bytesOut: 1_000,
  answers: { '2xx': 4, '5xx': 1 },
}

/** A gateway without data planes: it remembers what it was told. */
export function fakeGateway(): FakeGateway {
  const fake: FakeGateway = {
    told: [],
    toldBackends: [],
    waits: [],
    answer: () => ({}),
    async apply(changes, { waitMs } = {}) {
      fake.told.push(changes)
      fake.waits.push(waitMs)
      return { ...LIVE, ...(await fake.answer(changes)) }
    },
    async applyBackends(changes, { waitMs } = {}) {
      fake.toldBackends.push(changes)
      fake.waits.push(waitMs)
      return { ...LIVE, ...(await fake.answer([])) }
    },
    backends: async (keys) => keys.map(() => ({ status: 'live', reason: null, conflicts: [], servers: [] })),
    status: async (routes) => routes.map(() => ({ status: 'live', reason: null, steps: [{ step: 'map', ms: 1 }] })),
    nodes: async () => [NODE],
    ready: async () => true,
    refreshNodes: async () => undefined,
    answerChallenge: async () => undefined,
    reconcile: async () => false,
    traffic: (routes) => trafficOf([], routes),
    measures: async () => ({
      routes: [{ type: 'http', status: 'live', count: 2 }],
      backends: [{ status: 'settled', count: 1 }],
      nodes: [{ ...NODE, frontends: [FRONTEND] }],
    }),
  }
  return fake
}

export const refusing = (reason: string): Partial<Outcome> => ({ status: 'failed', reason })
