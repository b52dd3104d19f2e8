import type { Route } from '../domain/route-record.ts'

/** The route as it stands at each custom domain that is proved: the same route, with the same backend. */
export function furtherRoutes(route: Route): Route[] {
  if (route.type === 'mongodb' || isFurther(route)) return []
  const proved = (route.domains ?? []).filter(({ status }) => status === 'done')
  return proved.map(({ name }) => ({ ...route, host: name, mainHost: route.host }))
}

export const isFurther = (route: Route): boolean => route.type === 'http' && route.mainHost !== undefined

/** What is not served any more once a route says something else, or nothing. */
export function goneBy(before: Route | undefined, after: Route | null): Route[] {
  if (!before) return []
  const stays = new Set(after ? furtherRoutes(after).map(({ host }) => host) : [])
  const further = furtherRoutes(before).filter(({ host }) => !stays.has(host))
  return after === null ? [before, ...further] : further
}
