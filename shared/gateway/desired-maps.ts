import type { Route } from '../domain/route-record.ts'
import { entryValue, hostOf, type Place, type RoutingMap } from './entries.ts'
import type { MapContent } from './map-diff.ts'
import type { RouteTable } from './route-table.ts'

export type MapName = RoutingMap | 'split.map' | keyof NodeFixedMaps

/**
 * In the order in which entries appear: what makes a host's paths canonical stands before the paths, and they before
 * what lets all other paths through. They go away the other way round.
 */
export const MAP_NAMES: readonly MapName[] = [
  'void.map',
  'acme.map',
  'secure.map',
  'trusted.map',
  'front.map',
  'split.map',
  'paths.map',
  'hosts.map',
  'sni.map',
]

/** What is the same for all routes: the header's secret, the load balancers in front, certificates that are revoked, answers to challenges. */
export interface FixedMaps {
  'front.map': MapContent
  'trusted.map': MapContent
  'void.map': MapContent
  'acme.map': MapContent
}

/** Which names its certificates make secure differs by what a node has. */
export interface NodeFixedMaps extends FixedMaps {
  'secure.map': MapContent
}

/** What every map should say on one node, which differs by the backends that stand there. */
export interface DesiredMaps {
  value(map: MapName, key: string): string | undefined
  content(map: MapName): Map<string, string>
}

export function desiredMaps(
  table: RouteTable,
  fixed: () => NodeFixedMaps,
  standing: (route: Route) => readonly string[],
): DesiredMaps {
  const routeValue = (place: Place): string | undefined => {
    const entry = table.at(place)
    return entry && entryValue(entry.route, standing)
  }
  return {
    value(map, key) {
      if (isFixed(map)) return fixed()[map].get(key)
      if (map === 'split.map') return table.isSplit(key) ? '1' : undefined
      return routeValue({ map, key })
    },
    content(map) {
      if (isFixed(map)) return new Map(fixed()[map])
      if (map === 'split.map') return new Map([...table.splitHosts()].map((host) => [host, '1']))
      const content = new Map<string, string>()
      for (const [key, { route }] of table.entries(map)) {
        content.set(key, entryValue(route, standing))
      }
      return content
    },
  }
}

const FIXED: Record<keyof NodeFixedMaps, true> = {
  'front.map': true,
  'trusted.map': true,
  'void.map': true,
  'acme.map': true,
  'secure.map': true,
}
const isFixed = (map: MapName): map is keyof NodeFixedMaps => Object.hasOwn(FIXED, map)

/** An entry of any map. */
export type MapPlace = Place | FixedPlace
export interface FixedPlace {
  map: keyof NodeFixedMaps
  key: string
}

/** The entries that a place touches. */
export const keysOf = (place: MapPlace): [map: MapName, key: string][] =>
  place.map === 'paths.map'
    ? [
        ['split.map', hostOf(place)],
        [place.map, place.key],
      ]
    : [[place.map, place.key]]
