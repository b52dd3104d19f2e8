import { z } from 'zod'

/** HAProxy reads no more than 64 words of a line. */
const MOST_USERS = 32

const User = z.strictObject({
  user: z
    .string()
    .min(1, 'must not be empty')
    .max(64, 'must have at most 64 characters')
    .regex(/^[\x21-\x39\x3b-\x7e]+$/, 'must be visible ASCII without a colon, which ends the name in HTTP'),
  password: z
    .string()
    .min(8, 'must have at least 8 characters')
    .max(128, 'must have at most 128 characters')
    .regex(/^[\x20-\x7e]+$/, 'must be visible ASCII and spaces'),
})

export const BasicAuth = z
  .strictObject({
    users: z
      .array(User)
      .min(1, 'must name somebody: without basicAuth no password is asked for')
      .max(MOST_USERS, `must have at most ${MOST_USERS} of them`),
    realm: z
      .string()
      .min(1, 'must not be empty')
      .max(64, 'must have at most 64 characters')
      .regex(/^[A-Za-z0-9 ._:,!()-]+$/, 'must be letters, digits, spaces and ._:,!()-')
      .default('Restricted')
      .meta({ description: 'What browsers show beside the question' }),
  })
  .meta({
    description:
      'Asks for a name and a password. Passwords are kept as hashes and never shown. The server gets X-Forwarded-User instead of Authorization',
    example: { users: [{ user: 'anna', password: 'a long password' }], realm: 'Staging' },
  })
export type BasicAuth = z.infer<typeof BasicAuth>
