import { z } from 'zod'
import { createNodeFetch } from '../../lib/node-fetch.ts'
import { providerKind } from '../kind.ts'
import { closingToo, readCa, readSecretOnce } from '../node-read.ts'
import { Secret } from '../secret.ts'
import { createEtcdProvider } from './etcd-provider.ts'

const Endpoint = z.url({ protocol: /^https?$/, error: 'must be a URL that begins with http:// or https://' })

export const etcdKind = providerKind({
  options: z.strictObject({
    endpoints: z.array(Endpoint).min(1),
    prefix: z.string().regex(/^[\x21-\x7e]{1,256}$/, 'must be 1 to 256 printable ASCII characters'),
    user: z.string().min(1).optional(),
    password: Secret.optional(),
    ca: z.string().min(1).optional(),
  }),
  secrets: ({ password }) => [password],
  open({ user, password = '', ca, ...options }) {
    const own = ca === undefined ? null : createNodeFetch({ ca: readCa(ca) })
    const provider = createEtcdProvider({
      ...options,
      ...(user !== undefined && { credentials: { user, password: readSecretOnce(password) } }),
      ...(own && { fetch: (input, init) => own.fetch(new Request(input, init)) }),
    })
    return closingToo(provider, () => own?.close())
  },
})
