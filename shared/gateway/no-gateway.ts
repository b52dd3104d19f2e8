import type { Gateway, Outcome } from './gateway.ts'
import type { RouteState } from './states.ts'
import { trafficOf } from './traffic.ts'

const PENDING: Outcome = {
  status: 'pending',
  reason: null,
  applied: { via: 'none', why: 'this front has no data plane', steps: [] },
}

const WAITING: RouteState = { status: 'pending', reason: null, steps: [] }

/** For a front that only keeps what it is told: routes wait until it has a data plane. */
export const noGateway: Gateway = {
  apply: async () => PENDING,
  applyBackends: async () => PENDING,
  backends: async (keys) => keys.map(() => ({ status: 'pending', reason: null, conflicts: [], servers: [] })),
  status: async (routes) => routes.map(() => WAITING),
  nodes: async () => [],
  refreshNodes: async () => undefined,
  reconcile: async () => false,
  ready: async () => false,
  answerChallenge: async () => undefined,
  traffic: (routes) => trafficOf([], routes),
  measures: async () => ({ routes: [], backends: [], nodes: [] }),
}
