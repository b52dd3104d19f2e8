import { z } from 'zod'
import { LABEL, LABEL_IN_ANY_CASE } from './host-label.ts'

const WRITTEN = /^(?:[a-z0-9.-]{1,253}|\[[0-9a-f:.]{2,45}\])$/i
const NAME_OR_IPV4 = new RegExp(`^${LABEL}(?:\\.${LABEL})*$`)
const IPV4 = /^\d+\.\d+\.\d+\.\d+$/

/**
 * The one form of a host: of an address however it is written (`127.1`, `0x7f000001` and `[::ffff:7f00:1]` are such ways),
 * or of a name. `null`: it is neither.
 */
export function canonicalHost(written: string): string | null {
  if (!WRITTEN.test(written)) return null
  const host = URL.parse(`http://${written}/`)?.hostname
  if (host === undefined) return null
  if (host.startsWith('[')) return host.slice(1, -1)
  return NAME_OR_IPV4.test(host) ? host : null
}

/** Of a host in its one form. */
export const isAddress = (host: string): boolean => host.includes(':') || IPV4.test(host)

/** As it stands in a URL. */
export const bracketed = (host: string): string => (host.includes(':') ? `[${host}]` : host)

/** As the document says it: the last label of a name is no number, and so no part of an address. */
const NAME = String.raw`(?:${LABEL_IN_ANY_CASE}\.)*(?=[A-Za-z])${LABEL_IN_ANY_CASE}`
export const HOST = `(?:${z.regexes.ipv4.source.slice(1, -1)}|${NAME})`
/** Roughly: the exact one is long, and says little to a reader. */
export const IPV6 = '[0-9A-Fa-f:.]{2,45}'

/** After a host. */
export const PORT_SUFFIX = String.raw`(?::(?:[1-9]\d{0,3}|[1-5]\d{4}|6[0-4]\d{3}|65[0-4]\d{2}|655[0-2]\d|6553[0-5]))?`

export const Port = z
  .int('must be a whole number')
  .min(1, 'must be a port from 1')
  .max(65_535, 'must be a port to 65535')

export const TargetHost = z
  .string()
  .max(255, 'must have at most 255 characters')
  .transform((text, context) => {
    const host = canonicalHost(text.startsWith('[') ? text : bracketed(text))
    if (host !== null) return host
    context.addIssue('must be an IP address or a host name')
    return z.NEVER
  })
  .meta({
    id: 'TargetHost',
    pattern: `^(?:${HOST}|${IPV6})$`,
    description: 'An IP address, or a name that the front resolves',
    example: '203.0.113.7',
  })
