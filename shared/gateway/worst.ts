import type { RouteStatus } from './states.ts'

interface Condition {
  status: RouteStatus
  reason: string | null
}

const ORDER: readonly RouteStatus[] = ['failed', 'pending', 'degraded', 'live', 'settled']

/** Of nodes, or of routes. Where there is none, nobody has it. */
export function worst(all: readonly Condition[]): Condition {
  const [first, ...rest] = all
  if (!first) return { status: 'pending', reason: null }
  const { status, reason } = rest.reduce(
    (one, other) => (ORDER.indexOf(other.status) < ORDER.indexOf(one.status) ? other : one),
    first,
  )
  return { status, reason }
}
