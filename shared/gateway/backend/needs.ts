import type { Route } from '../../domain/route-record.ts'

/** What the lanes cannot promise, so that nothing but the route's own backend may serve it. */
export const isRestricted = (route: Route): boolean =>
  route.allowFrom.length > 0 ||
  (route.type === 'http' && route.tlsVerify === 'system' && route.targets.some(({ tls }) => tls))

export const needsBackend = (route: Route): boolean =>
  isRestricted(route) || route.check !== false || route.targets.length > 1
