import { z } from 'zod'
import { bracketed, canonicalHost, HOST, IPV6, PORT_SUFFIX } from './target-host.ts'

/** Where a route goes, taken apart. */
export interface TargetUrl {
  /** In its one form, without a slash at the end; the port stands there if it was given. */
  url: string
  host: string
  port: number
  /** The scheme is https. */
  tls: boolean
}

const MAX_LENGTH = 300
/** Nothing after the port but perhaps one slash: no path, query, fragment or user. */
const WRITTEN = /^(https?):\/\/([^/?#@\\:[\]]+|\[[^/?#@\\[\]]+\])(?::(\d{1,5}))?\/?$/i
const EXAMPLE = 'must be http:// or https://, an address or a name, and perhaps a port: http://203.0.113.7:3000'

function parseTargetUrl(text: string): TargetUrl | string {
  const [, scheme = '', written = '', givenPort] = WRITTEN.exec(text) ?? []
  if (scheme === '') return text.includes('@') ? 'must not have a user' : hasMore(text)
  const host = canonicalHost(written)
  if (host === null) return 'must have an IP address or a host name'
  const tls = scheme.length === 5
  const port = givenPort === undefined ? (tls ? 443 : 80) : Number(givenPort)
  if (port < 1 || port > 65_535) return 'must have a port from 1 to 65535'
  const shownPort = givenPort === undefined ? '' : `:${port}`
  return { url: `${tls ? 'https' : 'http'}://${bracketed(host)}${shownPort}`, host, port, tls }
}

const hasMore = (text: string) =>
  /^https?:\/\/[^/?#]+[/?#]/i.test(text)
    ? 'must not have a path, a query or a fragment: name the server alone'
    : EXAMPLE

export const TargetUrlText = z
  .string()
  .max(MAX_LENGTH, `must have at most ${MAX_LENGTH} characters`)
  .transform((text, context): TargetUrl => {
    const parsed = parseTargetUrl(text)
    if (typeof parsed !== 'string') return parsed
    context.addIssue(parsed)
    return z.NEVER
  })
  .meta({
    id: 'TargetUrl',
    pattern: String.raw`^[Hh][Tt][Tt][Pp][Ss]?:\/\/(?:${HOST}|\[${IPV6}\])${PORT_SUFFIX}\/?$`,
    description: 'Where the app answers, as the front reaches it: http or https, an address or a name, and a port',
    example: 'http://203.0.113.7:3000',
  })
