import { z } from 'zod'

const COOKIE_NAME = /^[A-Za-z0-9_-]{1,64}$/

export const Sticky = z
  .union(
    [
      z.boolean(),
      z.strictObject({
        cookie: z.string().regex(COOKIE_NAME, 'must be at most 64 letters, digits, _ and -'),
      }),
    ],
    'must be true, false, or an object with cookie',
  )
  .meta({
    description:
      'Keeps a browser at the server that it came to first, by a cookie of HAProxy’s own: true, or the cookie’s name. While that server does not answer, another one does',
    example: { cookie: 'shop_server' },
  })
export type Sticky = z.infer<typeof Sticky>
