import type { Answer } from './ask.ts'

/** What a proxy says of a server behind it that is not there. */
const GATEWAY_STATUSES = [502, 503, 504]

/** In words, where the answer is HAProxy's, since the front behind it gives none; the front names each of its own. */
export function inPlaceOfFront({ status, headers }: Pick<Answer, 'status' | 'headers'>, url: URL): string | null {
  if (!GATEWAY_STATUSES.includes(status) || headers.has('x-request-id')) return null
  return `HAProxy answers at ${url.origin}, but the front behind it does not (${status})`
}
