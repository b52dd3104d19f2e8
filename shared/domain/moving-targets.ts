import type { Check, HttpCheck, HttpRoute, Route, Target } from './route-record.ts'

/** Whether its servers come and go while its backend stands: those of agents make another backend. At times it has none. */
export const hasMovingTargets = ({ targets }: Pick<Route, 'targets'>): boolean =>
  targets.length === 0 || targets.some(({ name }) => name !== undefined)

/** Whether a request that one of them does not take may find another. */
export const mayHaveOthers = (route: Pick<Route, 'targets'>): boolean =>
  route.targets.length > 1 || hasMovingTargets(route)

export const checkOfTarget = ({ check }: Pick<Route, 'check'>, target: Target): Check => target.check ?? check

export const verifyOfTarget = ({ tlsVerify }: Pick<HttpRoute, 'tlsVerify'>, target: Target): HttpRoute['tlsVerify'] =>
  target.tlsVerify ?? tlsVerify

/** HAProxy has one for all servers of a backend; null: they are only connected to. */
export function httpCheckOf(route: Pick<Route, 'check' | 'targets'>): HttpCheck | null {
  const all = route.targets.length === 0 ? [route.check] : route.targets.map((target) => checkOfTarget(route, target))
  return all.find((check) => check !== false && check.kind === 'http') || null
}
