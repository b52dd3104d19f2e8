import { z } from 'zod'
import { whole } from '../../domain/options/whole.ts'
import { createNodeFetch } from '../../lib/node-fetch.ts'
import { providerKind } from '../kind.ts'
import { closingToo, readCa, readSecret } from '../node-read.ts'
import { Authorization, headersOf, secretOf } from './authorization.ts'
import { Mapping } from './mapping.ts'
import { Paging } from './next-page.ts'
import { createRestProvider } from './rest-provider.ts'

const SourceUrl = z
  .url({ protocol: /^https?$/, error: 'must be a URL that begins with http:// or https://' })
  .refine(
    (url) => !URL.parse(url)?.username && !URL.parse(url)?.password,
    'must have no login in it: use authorization',
  )

const options = z.strictObject({
  url: SourceUrl,
  authorization: Authorization.optional(),
  ca: z.string().min(1).optional(),
  mapping: Mapping.optional(),
  paging: Paging.optional(),
  intervalMs: whole(100, 86_400_000).optional(),
  timeoutMs: whole(100, 600_000).optional(),
  maxBytes: whole(1_000, 100_000_000).optional(),
  maxPages: whole(1, 10_000).optional(),
})

/** Node's own fetch, unless there is a CA of one's own. */
export const restKind = providerKind({
  options,
  secrets: ({ authorization }) => (authorization === undefined ? [] : [secretOf(authorization)]),
  open({ authorization, ca, intervalMs, timeoutMs, maxBytes, maxPages, ...rest }) {
    const own = ca === undefined ? null : createNodeFetch({ ca: readCa(ca) })
    const limits = { intervalMs, timeoutMs, maxBytes, maxPages }
    const provider = createRestProvider({
      ...rest,
      ...limits,
      ...(own && { fetch: own.fetch }),
      authorization: () => headersOf(authorization, readSecret),
    })
    return closingToo(provider, () => own?.close())
  },
})
