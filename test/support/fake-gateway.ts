import type { Gateway, Outcome, RouteChange } from '../../shared/gateway/gateway.ts'

export interface FakeGateway extends Gateway {
  /** What it was told, call by call. */
  told: RouteChange[][]
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

/** A gateway without data planes: it remembers what it was told. */
export function fakeGateway(): FakeGateway {
  const fake: FakeGateway = {
    told: [],
    waits: [],
    answer: () => ({}),
    async apply(changes, { waitMs } = {}) {
      fake.told.push(changes)
      fake.waits.push(waitMs)
      return { ...LIVE, ...(await fake.answer(changes)) }
    },
    status: () => ({ status: 'live', reason: null, steps: [{ step: 'map', ms: 1 }] }),
    nodes: () => [],
    ready: () => true,
  }
  return fake
}

export const refusing = (reason: string): Partial<Outcome> => ({ status: 'failed', reason })
