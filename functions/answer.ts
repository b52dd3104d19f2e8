import type { Context, TypedResponse } from 'hono'
import type { ContentfulStatusCode } from 'hono/utils/http-status'
import type { AppEnv } from './app-env.ts'

type Headers = Record<string, string>
type AnyContext = Context<AppEnv>

/**
 * For every answer that does not say otherwise itself: it is data, not a page, and no cache keeps it.
 * One plain object: headers that are set one by one, as `c.header` does, cost more than the rest of a short answer.
 */
const standardHeaders = (requestId: string, contentType: string): Headers => ({
  'cache-control': 'no-store',
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
  'content-type': contentType,
  'x-content-type-options': 'nosniff',
  'x-request-id': requestId,
})

/** Every answer is made here. */
export function answer(
  c: AnyContext,
  body: string | Uint8Array<ArrayBuffer> | ReadableStream | null,
  status: number,
  contentType: string,
  headers?: Headers,
): Response {
  const all = standardHeaders(c.env.requestId, contentType)
  if (headers) Object.assign(all, headers)
  return new Response(body, { status, headers: all })
}

/** Typed as `c.json` is, so that a handler that answers what its route does not declare fails the type check. */
export function json<T, S extends ContentfulStatusCode>(
  c: AnyContext,
  body: T,
  status: S,
  headers?: Headers,
): Response & TypedResponse<T, S, 'json'> {
  // With a newline, so that a terminal's next line begins below it.
  const response = answer(c, `${JSON.stringify(body)}\n`, status, 'application/json', headers)
  return response as Response & TypedResponse<T, S, 'json'>
}
