import type { BackendRecord } from '../backends/backend-record.ts'
import { placesOf, placeText } from '../backends/places.ts'
import { PROVIDER_ORDER } from '../backends/store-keys.ts'
import { type Conflict, type WhoWins, whoWins } from '../backends/who-wins.ts'
import type { HttpRoute } from '../domain/route-record.ts'
import { routeAt } from './backend-routes.ts'
import type { StoredBackend } from './gateway.ts'
import { createRemovals } from './removals.ts'

/** A place of a backend that has another one now, or nobody. */
export interface Move {
  at: Pick<HttpRoute, 'type' | 'host' | 'pathPrefix'>
  before: HttpRoute | null
  after: HttpRoute | null
}

/** All backends that were accepted, and where each of them is served. */
export interface BackendTable {
  put(changes: readonly StoredBackend[]): void
  /** Decides anew who has which place. Says what is different since the last time. */
  move(): Move[]
  keys(): Iterable<string>
  /** Whether it has heard of the key at this version, or a later one. */
  knows(key: string, version: number): boolean
  /** Whether any of them names the host. */
  wants(host: string): boolean
  find(key: string): BackendRecord | null
  records(): Iterable<BackendRecord>
  /** The routes at the places that it has. */
  routesOf(record: BackendRecord): HttpRoute[]
  /** The same of whichever has the name. */
  routesNamed(name: string): HttpRoute[]
  conflictsOf(record: BackendRecord): Conflict[]
}

interface Known {
  value: BackendRecord | string[]
  version: number
}

export function createBackendTable(isAgents: (host: string) => boolean): BackendTable {
  const known = new Map<string, Known>()
  const removals = createRemovals()
  let winners: WhoWins = { named: new Map(), placed: new Map() }
  let routes = new Map<string, HttpRoute>()
  let wanted = new Set<string>()

  function* records(): Iterable<BackendRecord> {
    for (const { value } of known.values()) if (!Array.isArray(value)) yield value
  }

  const versionOf = (key: string) => Math.max(known.get(key)?.version ?? 0, removals.versionOf(key))

  const order = (): string[] => {
    const value = known.get(PROVIDER_ORDER)?.value
    return Array.isArray(value) ? value : []
  }

  const hasPlace = (record: BackendRecord, text: string) => winners.placed.get(text)?.record === record

  const routesOf = (record: BackendRecord): HttpRoute[] => {
    const texts = placesOf(record.backend).map(placeText)
    return texts.flatMap((text) => (hasPlace(record, text) ? (routes.get(text) ?? []) : []))
  }

  return {
    put(changes) {
      for (const { key, value, version } of changes) {
        if (versionOf(key) >= version) continue
        if (value !== null) known.set(key, { value, version })
        else {
          known.delete(key)
          removals.add(key, version)
        }
      }
    },

    move() {
      const all = [...records()]
      const before = { winners, routes }
      winners = whoWins(all, order(), isAgents)
      wanted = new Set(all.flatMap(({ backend }) => backend.hosts))
      routes = new Map()
      const moves: Move[] = []
      for (const [text, { place, record }] of winners.placed) {
        const last = before.routes.get(text)
        const isSame = last !== undefined && before.winners.placed.get(text)?.record === record
        const route = isSame ? last : routeAt(record, place)
        routes.set(text, route)
        if (!isSame) moves.push({ at: route, before: last ?? null, after: route })
      }
      for (const [text, route] of before.routes)
        if (!routes.has(text)) moves.push({ at: route, before: route, after: null })
      return moves
    },

    keys: () => known.keys(),
    knows: (key, version) => versionOf(key) >= version,
    wants: (host) => wanted.has(host),

    find(key) {
      const value = known.get(key)?.value
      return value && !Array.isArray(value) ? value : null
    },
    records,

    routesOf,
    routesNamed(name) {
      const record = winners.named.get(name)
      return record ? routesOf(record) : []
    },

    conflictsOf(record) {
      const { name } = record.backend
      const namesake = winners.named.get(name)
      if (namesake && namesake !== record) return [{ over: 'name', with: { provider: namesake.provider, name } }]
      return placesOf(record.backend).flatMap((place): Conflict[] => {
        if (isAgents(place.host)) return [{ over: place, with: 'agent' }]
        const holder = winners.placed.get(placeText(place))?.record
        if (!holder || holder === record) return []
        return [{ over: place, with: { provider: holder.provider, name: holder.backend.name } }]
      })
    },
  }
}
