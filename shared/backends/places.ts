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
  const ofAny = hosts.length === 0 && pathPrefixes.length > 0
  const asked = [...new Set(hosts), ...(ofAny ? [ANY_HOST] : [])]
  const places = asked.flatMap((host) => prefixes.map((pathPrefix) => ({ host, pathPrefix })))
  // The default is for what nobody else has, whatever its path.
  return isDefault ? [...places, { host: ANY_HOST, pathPrefix: null }] : places
}

export const placeText = ({ host, pathPrefix }: BackendPlace): string => `${host}${pathPrefix ?? ''}`
