import type { Backend } from '../dataplane/models.ts'
import type { Route } from '../domain/route-record.ts'
import type { BackendOf } from './backend/backend-of.ts'
import { generationOf, isOurBackend, routeIdOf } from './backend/names.ts'
import { type ServerChange, serverChanges } from './server-changes.ts'

interface MovedServers {
  backend: string
  /** What its servers are then. */
  route: Route
  changes: ServerChange[]
}

/** What has to be done to a node's configuration. */
export interface ConfigurationPlan {
  /** The front's own sections are not as they should be. */
  base: boolean
  create: Route[]
  replace: Route[]
  remove: string[]
  /** What reaches the servers of a backend that stands, without a reload. */
  servers: MovedServers[]
  /** Changes of the route that its backend does not show. */
  same: Route[]
}

/** A backend on a node: the route as it was when it was written; null where it is not as the front would write it. */
export type Standing = ReadonlyMap<string, Route | null>

export interface PlanInput {
  backendOf: BackendOf
  baseAltered: boolean
  wanted: ReadonlyMap<string, Route>
  standing: Standing
  /** The backend of the route's present generation. */
  current(routeId: string): string | undefined
  isRefused(backend: string): boolean
  /** HAProxy does not take the change of its servers while it runs. */
  needsReload(backend: string): boolean
}

export function planConfiguration({
  backendOf,
  baseAltered,
  wanted,
  standing,
  current,
  isRefused,
  needsReload,
}: PlanInput): ConfigurationPlan {
  const plan: ConfigurationPlan = { base: baseAltered, create: [], replace: [], remove: [], servers: [], same: [] }
  for (const [name, route] of wanted) {
    if (isRefused(name)) continue
    const there = standing.get(name)
    if (there === undefined) plan.create.push(route)
    else if (there === null || needsReload(name)) plan.replace.push(route)
    else if (there !== route) addChange(plan, backendOf(there), backendOf(route), route)
  }
  for (const name of standing.keys()) {
    if (isOurBackend(name) && !wanted.has(name) && !isStillShown(name, standing, current)) plan.remove.push(name)
  }
  return plan
}

/** An older generation serves until the present one stands, which is for ever when HAProxy does not want that one. */
function isStillShown(name: string, standing: Standing, current: PlanInput['current']): boolean {
  const next = current(routeIdOf(name))
  return next !== undefined && generationOf(next) > generationOf(name) && !standing.has(next)
}

function addChange(plan: ConfigurationPlan, before: Backend, after: Backend, route: Route): void {
  if (isSame(before, after)) {
    plan.same.push(route)
    return
  }
  const { servers: from = {}, ...frame } = before
  const { servers: to = {}, ...wanted } = after
  const changes = isSame(frame, wanted) ? serverChanges(from, to) : null
  if (changes === null) plan.replace.push(route)
  else plan.servers.push({ backend: after.name, route, changes })
}

const isSame = (one: unknown, other: unknown): boolean => JSON.stringify(one) === JSON.stringify(other)

export const structuralSize = ({ create, replace, remove }: ConfigurationPlan): number =>
  create.length + replace.length + remove.length
