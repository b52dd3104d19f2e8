import type { Backend } from '../domain/backend.ts'

/** Stands for every host that nobody has. No host is spelled so. */
export const ANY_HOST = '*'

/** Where a backend wants to be asked. Of two that want the same one gets it. */
export interface BackendPlace {
  host: string
  /** null: all paths that no other place of the host takes. */
  pathPrefix: string | null
}

export function placesOf({ hosts, pathPrefixes, default: isDefault }: Backend): BackendPlace[] {
  const prefixes = pathPrefixes.length > 0 ? [...new Set(pathPrefixes)] : [null]
  const ofAny = isDefault || (hosts.length === 0 && pathPrefixes.length > 0)
  const all = [...new Set(hosts), ...(ofAny ? [ANY_HOST] : [])]
  return all.flatMap((host) => prefixes.map((pathPrefix) => ({ host, pathPrefix })))
}

export const placeText = ({ host, pathPrefix }: BackendPlace): string => `${host}${pathPrefix ?? ''}`
