import { z } from 'zod'
import { bracketed, canonicalHost, HOST, IPV6, PORT_SUFFIX } from '../target-host.ts'

const WRITTEN = /^(\[[0-9a-f:.]+\]|[a-z0-9.-]+)(?::([1-9]\d{0,4}))?$/i

function parseHostHeader(text: string): string | null {
  const [, written = '', port] = WRITTEN.exec(text) ?? []
  const host = written === '' ? null : canonicalHost(written)
  if (host === null || Number(port ?? 1) > 65_535) return null
  return port === undefined ? bracketed(host) : `${bracketed(host)}:${port}`
}

export const HostHeader = z
  .string()
  .max(259, 'must have at most 259 characters')
  .transform((text, context) => {
    const host = parseHostHeader(text)
    if (host !== null) return host
    context.addIssue('must be a host name, and perhaps a port')
    return z.NEVER
  })
  .meta({
    pattern: String.raw`^(?:${HOST}|\[${IPV6}\])${PORT_SUFFIX}$`,
    description: 'The Host that the server is asked with; without it the one that the client asked for',
    example: 'app.internal.example.com',
  })
