import type { Gateway, Outcome } from './gateway.ts'

const PENDING: Outcome = {
  status: 'pending',
  reason: null,
  applied: { via: 'none', why: 'this front has no data plane', steps: [] },
}

/** For a front that only keeps what it is told: routes wait until it has a data plane. */
export const noGateway: Gateway = {
  apply: async () => PENDING,
  status: () => ({ status: 'pending', reason: null, steps: [] }),
  nodes: () => [],
  reconcile: async () => false,
  ready: () => false,
}
