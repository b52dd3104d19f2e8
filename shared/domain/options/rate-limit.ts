import { z } from 'zod'
import { whole } from './whole.ts'

export const RateLimit = z
  .strictObject({
    requests: z
      .int('must be a whole number')
      .min(1, 'must be at least 1: to serve nobody, set maintenance')
      .max(1_000_000, 'must be at most 1000000'),
    seconds: whole(1, 3_600),
    by: z
      .enum(['client', 'route'], 'must be client or route')
      .default('client')
      .meta({ description: 'client: for each address (of IPv6: each /64). route: for all of them together' }),
  })
  .meta({
    description: 'So many requests in so many seconds; what comes above it is answered 429, with Retry-After',
    example: { requests: 100, seconds: 60, by: 'client' },
  })
export type RateLimit = z.infer<typeof RateLimit>
