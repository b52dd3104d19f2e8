import type { Route } from '../domain/route-record.ts'
import type { Kv, Write } from '../kv/kv.ts'
import { listAll } from '../kv/list-all.ts'
import type { ChangedRoute } from './changed-route.ts'

/** With what it says now. What is older is forgotten, and all of it goes with the route. */
const KEPT_EDITIONS = 50
/** Counted down from here, so that a list in key order has the newest first. */
const MOST_EDITIONS = 10 ** 9

/** How often somebody has said something of the route. Names of targets that move are no edition. */
export const editionOf = ({ edition }: Route): number => edition ?? 1

export const ROUTE_HISTORY = 'route-history/'
const historyOf = (id: string) => `${ROUTE_HISTORY}${id}/`
const keyOf = (id: string, edition: number) => historyOf(id) + String(MOST_EDITIONS - edition).padStart(10, '0')
/** Where what it says is kept when it says something else. */
export const historyKeyOf = (route: Route) => keyOf(route.id, editionOf(route))

/**
 * For the commit that changes a route: what it said before is kept. What it says now the route itself knows, so that
 * making one costs nothing here.
 */
export function historyWrites({ before, after }: ChangedRoute): Write[] {
  if (before === null) return []
  const edition = editionOf(before)
  if (after?.id !== before.id) return editionsBefore(edition).map((each) => forget(before.id, each))
  if (editionOf(after) === edition) return []
  const tooOld = edition - KEPT_EDITIONS + 1
  return [{ key: keyOf(before.id, edition), value: before }, ...(tooOld > 0 ? [forget(before.id, tooOld)] : [])]
}

const editionsBefore = (edition: number): number[] =>
  Array.from({ length: Math.min(edition - 1, KEPT_EDITIONS - 1) }, (_, i) => edition - 1 - i)

const forget = (id: string, edition: number): Write => ({ key: keyOf(id, edition), delete: true })

export interface HistoryPage {
  entries: Route[]
  next: string | null
}

/** What a route said, newest first; what it says now is the first of it. */
export async function readHistory(
  kv: Kv,
  current: Route,
  { after, limit }: { after: string; limit: number },
): Promise<HistoryPage> {
  const prefix = historyOf(current.id)
  const now = keyOf(current.id, editionOf(current))
  const isFirst = after === ''
  const left = isFirst ? limit - 1 : limit
  if (left === 0) return { entries: [current], next: now.slice(prefix.length) }
  const page = await kv.list<Route>(prefix, { after: isFirst ? now : prefix + after, limit: left })
  const older = page.entries.map(({ value }) => value)
  return { entries: isFirst ? [current, ...older] : older, next: page.next?.slice(prefix.length) ?? null }
}

export async function findRevision(kv: Kv, current: Route, revision: number): Promise<Route | null> {
  if (current.revision === revision) return current
  for await (const { value } of listAll<Route>(kv, historyOf(current.id))) if (value.revision === revision) return value
  return null
}
