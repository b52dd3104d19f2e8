/**
 * What a routing map says of a name. HAProxy's configuration reads the fields by their place:
 * lane | address | port | name for TLS | backend.
 */
export interface LaneValue {
  lane: Lane
  address?: string
  port?: number
  /** The name that the target's certificate is asked for. */
  tlsName?: string
  /** Where the traffic goes as soon as a backend of this name stands. */
  backend?: string
}

/**
 * http, https: the instant lanes. pass, term: MongoDB with the target's own TLS, or with HAProxy's.
 * none: nothing but its backend may serve it. off: closed for now.
 */
type Lane = 'http' | 'https' | 'pass' | 'term' | 'none' | 'off'

export const printLane = ({ lane, address = '', port, tlsName = '', backend = '' }: LaneValue): string =>
  `${lane}|${address}|${port ?? ''}|${tlsName}|${backend}`
