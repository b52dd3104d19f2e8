import { z } from 'zod'

/** What an ACME server says, as far as it is used. All else is passed over: servers add fields of their own. */

const Url = z.url({ protocol: /^https?$/ }).max(2_000)

export const Directory = z.object({
  newNonce: Url,
  newAccount: Url,
  newOrder: Url,
  revokeCert: Url,
  /** RFC 9773. */
  renewalInfo: Url.optional(),
  meta: z.object({ externalAccountRequired: z.boolean().optional(), termsOfService: z.string().optional() }).optional(),
})
export type Directory = z.infer<typeof Directory>

export const Problem = z.object({ type: z.string().default('malformedAnswer'), detail: z.string().optional() })

const Identifier = z.object({ type: z.string(), value: z.string() })

export const Order = z.object({
  status: z.enum(['pending', 'ready', 'processing', 'valid', 'invalid']),
  identifiers: z.array(Identifier),
  authorizations: z.array(Url).max(100),
  finalize: Url,
  certificate: Url.optional(),
  error: Problem.optional(),
})
export type Order = z.infer<typeof Order>

export const Challenge = z.object({
  type: z.string(),
  url: Url,
  status: z.string(),
  token: z
    .string()
    .regex(/^[A-Za-z0-9_-]{1,200}$/)
    .optional(),
  error: Problem.optional(),
})
export type Challenge = z.infer<typeof Challenge>

export const Authorization = z.object({
  status: z.enum(['pending', 'valid', 'invalid', 'deactivated', 'expired', 'revoked']),
  identifier: Identifier,
  wildcard: z.boolean().optional(),
  challenges: z.array(Challenge).max(50),
})
export type Authorization = z.infer<typeof Authorization>

export const Account = z.object({ status: z.string(), orders: Url.optional() })
export type Account = z.infer<typeof Account>

export const Orders = z.object({ orders: z.array(Url) })

export const RenewalInfo = z.object({
  suggestedWindow: z.object({ start: z.iso.datetime({ offset: true }), end: z.iso.datetime({ offset: true }) }),
})
