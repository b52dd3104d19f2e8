import type { MaintenanceRecord } from '../domain/options/http-rules.ts'
import type { HttpRoute } from '../domain/route-record.ts'

/**
 * What a routing map says of a name. HAProxy's configuration reads the fields by their place:
 * lane | address | port | name for TLS | backend | route | cap, and where the route has a word on HTTPS two more:
 * redirect | seconds.
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
  https?: HttpsWord
}

/** What the route itself says of HTTPS; without it: as the certificate of its host has it. */
export interface HttpsWord {
  redirect: 'always' | 'never' | ''
  /** For how long browsers are to come by HTTPS alone. */
  hsts: number | 'off' | ''
}

/**
 * The instant lanes; pass, term: MongoDB with the target's own TLS, or with HAProxy's.
 * none: nothing but its backend may serve it. off: closed for now.
 */
type Lane = HttpLane | 'pass' | 'term' | 'none' | 'off'

/** By what the target speaks: over TLS `-h1` and `-h2` offer that alone. tls: without a name. agent: verified. */
type HttpLane = 'http' | 'h2c' | OverTls | `${OverTls}-h1` | `${OverTls}-h2`
type OverTls = 'https' | 'tls' | 'agent'

export function httpLane(
  { tlsVerify, protocol }: Pick<HttpRoute, 'tlsVerify' | 'protocol'>,
  { tls, tlsName }: { tls: boolean; tlsName: string | null },
): HttpLane {
  if (!tls) return protocol === 'h2c' ? 'h2c' : 'http'
  const lane: OverTls = tlsVerify === 'front' ? 'agent' : tlsName === null ? 'tls' : 'https'
  if (protocol === 'http1') return `${lane}-h1`
  return protocol === 'h2' ? `${lane}-h2` : lane
}

export const printLane = ({ lane, address = '', port, tlsName = '', backend = '', ...counted }: LaneValue): string =>
  `${lane}|${address}|${port ?? ''}|${tlsName}|${backend}|${printCounted(counted)}`

/** Nothing but the page is served; what it says is safe in HTML, and has nothing that separates fields or words. */
export const printMaintenance = ({ message, retryAfterSeconds }: MaintenanceRecord, counted: Counted): string =>
  `off|${message === null ? '' : percentEncoded(inHtml(message))}|${retryAfterSeconds}|||${printCounted(counted)}`

type Counted = Pick<LaneValue, 'route' | 'cap' | 'https'>

/** Most routes have no word on HTTPS, and then the fields are left out. */
const printCounted = ({ route, cap, https }: Counted): string =>
  `${route}|${cap ?? ''}${https ? `|${https.redirect}|${https.hsts}` : ''}`

const inHtml = (text: string) => text.replace(/[&<>"']/g, (char) => `&#${char.charCodeAt(0)};`)

const percentEncoded = (text: string) =>
  encodeURIComponent(text).replace(/[!~*'()]/g, (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`)
