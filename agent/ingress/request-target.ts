/** What is no part of a path: a reader of HTTP/1.1 would take it for its end. */
const NO_PATH = /[^\x21-\x7e\x80-\xff]/
const ABSOLUTE = /^https?:\/\/([^/?#@]+)([/?].*)?$/i

/**
 * The path with its query, or `*`, of what a request names. The whole address, which a request may name as well, counts only
 * for the host that the request is meant for: whoever reads one of them alone must come to the same.
 */
export function pathOf(target: string, host: string): string | null {
  if (NO_PATH.test(target)) return null
  if (target.startsWith('/') || target === '*') return target
  const [, authority, path = '/'] = ABSOLUTE.exec(target) ?? []
  if (authority?.toLowerCase() !== host.toLowerCase()) return null
  return path.startsWith('/') ? path : `/${path}`
}
