import type { HttpRequestRule } from '../../dataplane/models.ts'
import type { HeaderChanges } from '../../domain/options/headers.ts'
import { quoteLiteralFormat } from '../../haproxy-text/index.ts'

export const changeHeaders = (changes: HeaderChanges = {}): HttpRequestRule[] =>
  Object.entries(changes).map(([name, value]) =>
    value === null ? { type: 'del-header', hdr_name: name } : setHeader(name, value),
  )

/** The value is taken as it is, whatever HAProxy would read in it. */
export const setHeader = (name: string, value: string): HttpRequestRule => ({
  type: 'set-header',
  hdr_name: name,
  hdr_format: quoteLiteralFormat(value),
})
