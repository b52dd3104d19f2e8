import { z } from 'zod'
import { whole } from '../../domain/options/whole.ts'
import { providerKind } from '../kind.ts'
import { createDnsProvider } from './dns-provider.ts'
import { createAskDns } from './node-ask-dns.ts'
import { WatchedName } from './watched-name.ts'

const MOST_NAMES = 1_000

const Resolver = z
  .string()
  .regex(/^(?:[\da-z.-]+(?::\d{1,5})?|[\da-f:.]+|\[[\da-f:.]+\](?::\d{1,5})?)$/i, 'must be an address or address:port')

export const dnsKind = providerKind({
  options: z.strictObject({
    backends: z.array(WatchedName).min(1).max(MOST_NAMES, `must have at most ${MOST_NAMES} of them`),
    resolver: Resolver.optional(),
    minTtlSeconds: whole(1, 3_600).optional(),
    maxTtlSeconds: whole(1, 86_400).optional(),
  }),
  open: ({ resolver, ...options }) => createDnsProvider({ ...options, askDns: createAskDns({ resolver }) }),
})
