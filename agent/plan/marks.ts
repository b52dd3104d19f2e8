import { createHmac } from 'node:crypto'
import type { Route } from '../client/api.ts'
import type { Marks } from './plan.ts'

/** Under the agent's key, since options may hold passwords. */
export function createMarks(agentKey: string): Marks {
  const mark = (value: unknown) =>
    createHmac('sha256', agentKey)
      .update(JSON.stringify(inOrder(value)))
      .digest('base64url')
  return { ofAsked: ({ ask }) => mark(ask), ofSeen: (route) => mark(askedOf(route)) }
}

/** What became of a route says nothing of what was asked for. */
function askedOf(route: Route) {
  const { options } = route
  if (route.type === 'http') return { options, targetUrl: route.targetUrl }
  return { options, targetHost: route.targetHost, targetPort: route.targetPort }
}

/** The order of names means nothing. */
function inOrder(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(inOrder)
  if (typeof value !== 'object' || value === null) return value
  const sorted = Object.entries(value).sort(([one], [other]) => (one < other ? -1 : 1))
  return sorted.map(([name, item]) => [name, inOrder(item)])
}
