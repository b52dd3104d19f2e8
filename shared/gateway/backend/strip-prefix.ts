import type { HttpRequestRule } from '../../dataplane/models.ts'
import { setHeader } from './headers.ts'

/** The path begins with the prefix, or it would not have come here; its segments may have parameters besides. */
export function stripPrefix(pathPrefix: string): HttpRequestRule[] {
  const segments = pathPrefix.split('/').length - 2
  return [
    { type: 'replace-path', path_match: `^(/[^/]*){${segments}}/?(.*)$`, path_fmt: '/\\\\2' },
    setHeader('X-Forwarded-Prefix', pathPrefix.slice(0, -1)),
  ]
}
