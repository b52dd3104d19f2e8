import type { Context, TypedResponse } from 'hono'
import type { ContentfulStatusCode } from 'hono/utils/http-status'
import type { Bindings } from './deps.ts'

type Headers = Record<string, string>
type AnyContext = Context<{ Bindings: Bindings }>

/** For every answer that does not say otherwise itself: it is data, not a page, and no cache keeps it. */
const STANDARD_HEADERS: Headers = {
  'cache-control': 'no-store',
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
  'x-content-type-options': 'nosniff',
}

/**
 * Every answer is made here, with all its headers in one plain object.
 * Set one by one, as `c.header` does, they cost more than the rest of a short answer together.
 */
export function answer(
  c: AnyContext,
  body: string | Uint8Array<ArrayBuffer> | ReadableStream | null,
  status: number,
  headers: Headers = {},
): Response {
  return new Response(body, {
    status,
    headers: { ...STANDARD_HEADERS, 'x-request-id': c.env.requestId, ...headers },
  })
}

/** Typed as `c.json` is, so that a handler that answers what its route does not declare fails the type check. */
export function json<T, S extends ContentfulStatusCode>(
  c: AnyContext,
  body: T,
  status: S,
  headers?: Headers,
): Response & TypedResponse<T, S, 'json'> {
  const response = answer(c, JSON.stringify(body), status, { 'content-type': 'application/json', ...headers })
  return response as Response & TypedResponse<T, S, 'json'>
}
