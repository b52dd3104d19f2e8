import type { BackendRecord } from './backend-record.ts'
import { type BackendPlace, placesOf, placeText } from './places.ts'

/** Who of several stands for a name, or at a place: the same whoever came first, so that nothing flaps. */
type Precedence = (one: BackendRecord, other: BackendRecord) => number

/** The providers in their order, those that are not in it behind; within one the names in theirs. */
function precedenceOf(order: readonly string[]): Precedence {
  const ranks = new Map(order.map((provider, rank) => [provider, rank]))
  const rankOf = ({ provider }: BackendRecord) => ranks.get(provider) ?? ranks.size
  return (one, other) =>
    rankOf(one) - rankOf(other) ||
    compare(one.provider, other.provider) ||
    compare(one.backend.name, other.backend.name)
}

const compare = (one: string, other: string): number => (one < other ? -1 : one > other ? 1 : 0)

/** What has what is wanted. */
type Holder = { provider: string; name: string } | 'agent'

/** Something that a backend wants and another one has: its name, or a place. */
export interface Conflict {
  over: 'name' | BackendPlace
  with: Holder
}

export interface WhoWins {
  /** By their names. */
  named: Map<string, BackendRecord>
  /** By their places as text. */
  placed: Map<string, { place: BackendPlace; record: BackendRecord }>
}

/** Of all backends that there are. An agent's route keeps its host. */
export function whoWins(
  records: Iterable<BackendRecord>,
  order: readonly string[],
  isAgents: (host: string) => boolean,
): WhoWins {
  const precedence = precedenceOf(order)
  const named = new Map<string, BackendRecord>()
  const placed: WhoWins['placed'] = new Map()
  for (const record of [...records].sort(precedence)) {
    if (named.has(record.backend.name)) continue
    named.set(record.backend.name, record)
    for (const place of placesOf(record.backend)) {
      const text = placeText(place)
      if (!placed.has(text) && !isAgents(place.host)) placed.set(text, { place, record })
    }
  }
  return { named, placed }
}
