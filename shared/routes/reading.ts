import { ownerOf } from '../domain/route-owner.ts'
import type { Route } from '../domain/route-record.ts'
import type { Kv } from '../kv/kv.ts'
import { listAll } from '../kv/list-all.ts'
import { type HistoryPage, readHistory } from './history.ts'
import { agentRoutes, ROUTES } from './store-keys.ts'

export interface Reading {
  ofAgent(agentId: string): Promise<Route[]>
  /** Of one agent, or of all. */
  page(options: RoutePage): Promise<{ routes: Route[]; next: string | null }>
  find(id: string): Promise<Route | null>
  /** What the route said, newest first, with what it says now. */
  history(route: Route, page: { after: string; limit: number }): Promise<HistoryPage>
  /** Whose a route with such an id is, if there is one. */
  ownerOf(id: string): string | null
}

interface RoutePage {
  agentId?: string
  after: string
  limit: number
}

const MOST_REMEMBERED = 200_000

export function createReading(kv: Kv): Reading & { remember(id: string, key: string): void } {
  /** Where routes were seen: only a hint. */
  const keys = new Map<string, string>()

  const remember = (id: string, key: string) => {
    if (keys.get(id) === key) return
    keys.set(id, key)
    if (keys.size <= MOST_REMEMBERED) return
    const [oldest] = keys.keys()
    if (oldest !== undefined) keys.delete(oldest)
  }

  const look = async (agentId: string, id: string): Promise<Route | null> => {
    let found: Route | null = null
    for await (const { key, value } of listAll<Route>(kv, agentRoutes(agentId))) {
      remember(value.id, key)
      if (value.id === id) found = value
    }
    return found
  }

  return {
    remember,
    ownerOf,
    history: (route, page) => readHistory(kv, route, page),

    async ofAgent(agentId) {
      const routes: Route[] = []
      for await (const { value } of listAll<Route>(kv, agentRoutes(agentId))) routes.push(value)
      return routes
    },

    async page({ agentId, after, limit }) {
      const prefix = agentId === undefined ? ROUTES : agentRoutes(agentId)
      const page = await kv.list<Route>(prefix, { after: after && prefix + after, limit })
      for (const { key, value } of page.entries) remember(value.id, key)
      return { routes: page.entries.map(({ value }) => value), next: page.next?.slice(prefix.length) ?? null }
    },

    async find(id) {
      const agentId = ownerOf(id)
      if (agentId === null) return null
      const key = keys.get(id)
      const hinted = key === undefined ? null : await kv.get<Route>(key)
      return hinted?.value.id === id ? hinted.value : look(agentId, id)
    },
  }
}
