import type { Route } from '../domain/route-record.ts'
import { type Counters, NO_COUNTERS, sumCounters } from './counters.ts'
import type { NodeTraffic, ServerTraffic } from './node-traffic.ts'

/** What passed through HAProxy for some routes. */
export interface Traffic {
  /** Whose counters these are: all that could be asked. */
  nodes: { name: string; counted: boolean }[]
  /** Of each route, in their order, summed over the nodes that were counted. */
  routes: RouteTraffic[]
}

export interface RouteTraffic {
  counters: Counters
  servers: ServerTraffic[]
}

interface Node {
  readonly name: string
  /** Null where it cannot be asked. */
  traffic(routes: readonly Route[]): Promise<NodeTraffic | null>
}

export async function trafficOf(nodes: readonly Node[], routes: readonly Route[]): Promise<Traffic> {
  const answers = await Promise.all(nodes.map((node) => node.traffic(routes)))
  return {
    nodes: nodes.map(({ name }, i) => ({ name, counted: answers[i] !== null })),
    routes: routes.map((_, i) => summed(answers.flatMap((answer) => answer?.routes[i] ?? []))),
  }
}

const summed = (parts: RouteTraffic[]): RouteTraffic => ({
  counters: parts.map(({ counters }) => counters).reduce(sumCounters, NO_COUNTERS),
  servers: parts.flatMap(({ servers }) => servers),
})
