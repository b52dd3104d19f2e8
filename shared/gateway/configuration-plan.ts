import type { Backend, Server } from '../dataplane/models.ts'
import type { Route } from '../domain/route-record.ts'
import type { BackendOf } from './backend/backend-of.ts'
import { generationOf, isOurBackend, routeIdOf } from './backend/names.ts'

/** What has to be done to a node's configuration. */
export interface ConfigurationPlan {
  /** The front's own sections are not as they should be. */
  base: boolean
  create: Route[]
  replace: Route[]
  remove: string[]
  /** What reaches a server that stands without a reload. */
  update: { server: Server; route: Route }[]
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
}

export function planConfiguration({
  backendOf,
  baseAltered,
  wanted,
  standing,
  current,
  isRefused,
}: PlanInput): ConfigurationPlan {
  const plan: ConfigurationPlan = { base: baseAltered, create: [], replace: [], remove: [], update: [], same: [] }
  for (const [name, route] of wanted) {
    if (isRefused(name)) continue
    const there = standing.get(name)
    if (there === undefined) plan.create.push(route)
    else if (there === null) plan.replace.push(route)
    else if (there !== route) addChange(plan, backendOf, there, route)
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

function addChange(plan: ConfigurationPlan, backendOf: BackendOf, before: Route, route: Route): void {
  const [one, other] = [backendOf(before), backendOf(route)]
  if (isSame(one, other)) {
    plan.same.push(route)
    return
  }
  const changed = liveChanges(one, other)
  if (changed === null) plan.replace.push(route)
  else for (const server of changed) plan.update.push({ server, route })
}

/** The servers that differ, where nothing differs but what HAProxy changes while it runs. */
function liveChanges(one: Backend, other: Backend): Server[] | null {
  const [before, after] = [Object.values(one.servers ?? {}), Object.values(other.servers ?? {})]
  const moved = before.map((server, index) => {
    const { address = server.address, port = server.port, weight } = after[index] ?? {}
    return { ...server, address, port, weight }
  })
  if (!isSame({ ...one, servers: moved }, { ...other, servers: after })) return null
  return after.filter((server, index) => !isSame(server, before[index]))
}

const isSame = (one: unknown, other: unknown): boolean => JSON.stringify(one) === JSON.stringify(other)

export const structuralSize = ({ create, replace, remove }: ConfigurationPlan): number =>
  create.length + replace.length + remove.length

export const isEmptyPlan = (plan: ConfigurationPlan): boolean =>
  !plan.base && structuralSize(plan) === 0 && plan.update.length === 0
