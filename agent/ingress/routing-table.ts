import type { Upstream } from '../config/upstream.ts'

/** What the front may reach, and under which name. */
export type IngressRoute =
  | {
      type: 'http'
      /** The whole name, in lower case, as browsers ask for it. */
      host: string
      /** Begins and ends with a slash; null: all paths that no other route of the host takes. */
      pathPrefix: string | null
      /** null: it does not run at the moment. */
      upstream: Upstream | null
    }
  | { type: 'mongodb'; host: string; upstream: Upstream }

/** By which names what is reached. */
export interface RoutingTable {
  /** `undefined`: there is no such app. `null`: it does not run at the moment. The path without its query. */
  app(host: string, path: string): Upstream | null | undefined
  database(name: string): Upstream | undefined
}

type AppRoute = Extract<IngressRoute, { type: 'http' }>

export function createRoutingTable(routes: IngressRoute[]): RoutingTable {
  const databases = new Map<string, Upstream>()
  const apps = new Map<string, AppRoute[]>()
  for (const route of routes) {
    if (route.type === 'mongodb') databases.set(route.host, route.upstream)
    else apps.set(route.host, [...(apps.get(route.host) ?? []), route])
  }
  for (const ofHost of apps.values()) ofHost.sort((a, b) => lengthOf(b) - lengthOf(a))

  return {
    app(host, path) {
      const ofHost = apps.get(host) ?? apps.get(plainHost(host))
      if (ofHost?.length === 1 && ofHost[0]?.pathPrefix === null) return ofHost[0].upstream
      const whole = `${withoutParameters(path)}/`
      return ofHost?.find(({ pathPrefix }) => pathPrefix === null || whole.startsWith(pathPrefix))?.upstream
    },
    database: (name) => databases.get(name),
  }
}

/** The longest prefix is tried first. */
const lengthOf = ({ pathPrefix }: AppRoute): number => pathPrefix?.length ?? 0

/** The front knows a host in any spelling, and hands it on as it came. */
const plainHost = (host: string): string => host.toLowerCase().replace(/:\d+$/, '').replace(/\.$/, '')

/** A segment's parameters are no part of its name, for the front neither. */
const withoutParameters = (path: string): string => path.replace(/;[^/]*/g, '')
