import type { Route } from '../domain/route-record.ts'
import type { Kv } from '../kv/kv.ts'
import { listAll } from '../kv/list-all.ts'
import { agentRoutes, ROUTES } from './store-keys.ts'

export interface Reading {
  ofAgent(agentId: string): Promise<Route[]>
  page(options: { after: string; limit: number }): Promise<{ routes: Route[]; next: string | null }>
  find(id: string): Promise<Route | null>
  /** Whose a route with such an id is, if there is one. */
  ownerOf(id: string): string | null
}

const MOST_REMEMBERED = 20_000

export function createReading(kv: Kv): Reading & { remember(id: string, key: string): void } {
  /** Where routes were seen: only a hint. */
  const keys = new Map<string, string>()

  const remember = (id: string, key: string) => {
    if (keys.size >= MOST_REMEMBERED) keys.clear()
    keys.set(id, key)
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

    async ofAgent(agentId) {
      const routes: Route[] = []
      for await (const { value } of listAll<Route>(kv, agentRoutes(agentId))) routes.push(value)
      return routes
    },

    async page({ after, limit }) {
      const page = await kv.list<Route>(ROUTES, { after: after && ROUTES + after, limit })
      return { routes: page.entries.map(({ value }) => value), next: page.next?.slice(ROUTES.length) ?? null }
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

const ownerOf = (id: string): string | null => /^([a-z0-9-]{1,63})\.[0-9a-f]+$/.exec(id)?.[1] ?? null
