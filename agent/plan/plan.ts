import type { Route } from '../client/api.ts'
import { keyOf, type Place, placeOfRoute } from './place.ts'
import type { WantedRoute } from './wanted.ts'

/** What the agent remembers of a route that it made. */
export interface MadeRoute extends Place {
  /** What was asked for, as a mark; `null`: it is not known whether the front has heard it. */
  asked: string | null
  /** What the front said of it then, as a mark. */
  seen: string | null
}

export type Step =
  | { do: 'put'; route: WantedRoute; why: 'new' | 'changed here' | 'changed there' | 'there already' }
  | { do: 'remove'; place: Place }
  /** It is gone there, and is not wanted here. */
  | { do: 'forget'; place: Place }

export interface Known {
  wanted: WantedRoute[]
  /** All routes of the agent, as the front tells them. */
  there: Route[]
  made: MadeRoute[]
}

/** Marks are equal where what they are made of is. */
export interface Marks {
  ofAsked(route: WantedRoute): string
  ofSeen(route: Route): string
}

/**
 * From what there is to what is wanted. Of what is there but not wanted, only what the agent made is removed: somebody else,
 * or a person, made the rest. What is new comes first, so that an app that changes its name is never without one.
 */
export function plan({ wanted, there, made }: Known, marks: Marks): Step[] {
  const thereByKey = new Map(there.map((route) => [keyOf(placeOfRoute(route)), route]))
  const madeByKey = new Map(made.map((route) => [keyOf(route), route]))
  const wantedKeys = new Set(wanted.map(keyOf))
  const puts = wanted.flatMap((route): Step[] => {
    const key = keyOf(route)
    const why = reasonToPut(route, thereByKey.get(key), madeByKey.get(key), marks)
    return why === null ? [] : [{ do: 'put', route, why }]
  })
  const unwanted = made.filter((route) => !wantedKeys.has(keyOf(route)))
  const removals = unwanted.map(({ type, label, pathPrefix }): Step => {
    const place = { type, label, pathPrefix }
    return { do: thereByKey.has(keyOf(place)) ? 'remove' : 'forget', place }
  })
  return [...puts, ...removals]
}

type Why = Extract<Step, { do: 'put' }>['why']

function reasonToPut(
  wanted: WantedRoute,
  there: Route | undefined,
  made: MadeRoute | undefined,
  marks: Marks,
): Why | null {
  if (!there) return 'new'
  if (!made) return 'there already'
  if (made.asked !== marks.ofAsked(wanted)) return 'changed here'
  return made.seen === marks.ofSeen(there) ? null : 'changed there'
}
