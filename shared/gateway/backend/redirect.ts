import type { HttpRequestRule } from '../../dataplane/models.ts'
import type { Site } from './backend-of.ts'

/** A load balancer in front that ends TLS says so in the header, which clients cannot set. */
export function redirectToHttps({ httpsPort }: Site): HttpRequestRule[] {
  const port = httpsPort === 443 ? '' : `:${httpsPort}`
  return [
    {
      type: 'redirect',
      redir_type: 'location',
      redir_value: `https://%[var(txn.host)]${port}%[pathq]`,
      redir_code: 308,
      cond: 'unless',
      cond_test: '{ req.hdr(x-forwarded-proto) -m str https }',
    },
  ]
}
