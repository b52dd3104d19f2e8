import { mayHaveOthers, verifyOfTarget } from '../../domain/moving-targets.ts'
import { HTTP_RULES } from '../../domain/options/http-rules.ts'
import type { HttpRoute, Route } from '../../domain/route-record.ts'

/** What the lanes cannot promise, so that nothing but the route's own backend may serve it. */
export const isRestricted = (route: Route): boolean =>
  route.allowFrom.length > 0 ||
  (route.type === 'mongodb' && route.clients !== undefined) ||
  (route.type === 'http' && (verifiesBySystem(route) || hasRule(route)))

const verifiesBySystem = (route: HttpRoute): boolean =>
  route.targets.some((target) => target.tls && verifyOfTarget(route, target) === 'system')

/** Which of its servers a request goes to is no restriction. */
const hasRule = (route: HttpRoute): boolean => HTTP_RULES.some((rule) => rule !== 'sticky' && route[rule] !== undefined)

export const needsBackend = (route: Route): boolean =>
  isRestricted(route) || route.check !== false || mayHaveOthers(route)
