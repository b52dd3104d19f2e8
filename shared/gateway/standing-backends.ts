import type { Route } from '../domain/route-record.ts'
import { routeIdOf } from './backend/names.ts'
import type { Standing } from './configuration-plan.ts'

/** The routes' backends on a node as they were left, in the worker and in the file. */
export interface StandingBackends {
  readonly all: Standing
  ofRoute(routeId: string): readonly string[]
  stand(backend: string, route: Route | null): void
  fall(backend: string): void
  /** Another route to which it looks the same. */
  rename(backend: string, route: Route): void
  /** Its servers have changed in the worker; the file says what it said before. */
  move(backend: string, route: Route): void
  /** The file says something else of its servers than the worker has. */
  fileDiffers(backend: string): void
  /** Those of which the file does not say what the worker has, with what it has to say. */
  behind(): ReadonlyMap<string, Route>
  isBehind(backend: string): boolean
  /** Those that were behind since the file was written last. */
  uncertain(): Iterable<string>
  /** The file says this of them now. */
  written(said: ReadonlyMap<string, Route>): void
  /** A worker was started with a file that says this of them: what changed since is not in it. */
  loadedWith(said: ReadonlyMap<string, Route>): void
}

export function createStandingBackends(): StandingBackends {
  const all = new Map<string, Route | null>()
  const byRoute = new Map<string, string[]>()
  /** What the file says of them; null: nobody knows. */
  const inFile = new Map<string, Route | null>()

  const isBehind = (name: string) => inFile.has(name) && inFile.get(name) !== all.get(name)

  return {
    all,
    ofRoute: (routeId) => byRoute.get(routeId) ?? [],
    stand(name, route) {
      all.set(name, route)
      inFile.delete(name)
      const names = byRoute.get(routeIdOf(name)) ?? []
      if (!names.includes(name)) byRoute.set(routeIdOf(name), [...names, name])
    },
    fall(name) {
      all.delete(name)
      inFile.delete(name)
      const left = (byRoute.get(routeIdOf(name)) ?? []).filter((other) => other !== name)
      if (left.length > 0) byRoute.set(routeIdOf(name), left)
      else byRoute.delete(routeIdOf(name))
    },
    rename(name, route) {
      if (!isBehind(name)) inFile.delete(name)
      all.set(name, route)
    },
    move(name, route) {
      if (!inFile.has(name)) inFile.set(name, all.get(name) ?? null)
      all.set(name, route)
    },
    fileDiffers(name) {
      inFile.set(name, null)
    },
    behind: () => new Map([...inFile.keys()].filter(isBehind).flatMap((name) => namedRoute(name, all.get(name)))),
    isBehind,
    uncertain: () => inFile.keys(),
    written(said) {
      for (const [name, route] of said) {
        if (all.get(name) === route) inFile.delete(name)
        else if (all.has(name)) inFile.set(name, route)
      }
    },
    loadedWith(said) {
      for (const [name, route] of said) if (all.has(name)) inFile.set(name, route)
      for (const [name, route] of inFile) all.set(name, route)
    },
  }
}

const namedRoute = (name: string, route: Route | null | undefined): [string, Route][] => (route ? [[name, route]] : [])
