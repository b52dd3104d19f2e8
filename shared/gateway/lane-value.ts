/**
 * What a routing map says of a name. HAProxy's configuration reads the fields by their place:
 * lane | address | port | name for TLS | backend | route | cap.
 */
export interface LaneValue {
  lane: Lane
  address?: string
  port?: number
  /** The name that the target's certificate is asked for. */
  tlsName?: string
  /** Where the traffic goes as soon as a backend of this name stands. */
  backend?: string
  /** The route's id: what its requests are counted, capped and logged by. */
  route: string
  /** How many of its requests may run at a time; without it as many as of any other route. */
  cap?: number
}

/**
 * http, https: the instant lanes. pass, term: MongoDB with the target's own TLS, or with HAProxy's.
 * none: nothing but its backend may serve it. off: closed for now.
 */
type Lane = 'http' | 'https' | 'pass' | 'term' | 'none' | 'off'

export const printLane = ({ lane, address = '', port, tlsName = '', backend = '', route, cap }: LaneValue): string =>
  `${lane}|${address}|${port ?? ''}|${tlsName}|${backend}|${route}|${cap ?? ''}`
