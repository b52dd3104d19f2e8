import { z } from 'zod'
import { whole } from './whole.ts'

/** No quote, space, backslash, percent or dollar sign, and nothing that begins a comment. */
const CHECK_PATH = /^\/[A-Za-z0-9/._~!*+,:=@?&-]*$/

export const HttpCheckOptions = z
  .strictObject({
    path: z
      .string()
      .max(256, 'must have at most 256 characters')
      .regex(CHECK_PATH, 'must be a path of letters, digits and /._~!*+,:=@?&-')
      .default('/'),
    intervalSeconds: whole(1, 3_600).default(2),
    rise: whole(1, 100).default(2).meta({ description: 'So many good answers in a row bring a server back' }),
    fall: whole(1, 100).default(3).meta({ description: 'So many bad ones in a row take it out' }),
    expectStatus: whole(100, 599).nullable().default(null).meta({ description: 'null: any status from 200 to 399' }),
  })
  .meta({
    description: 'Asks over HTTP, with the Host that requests come with',
    example: { path: '/health', intervalSeconds: 5, rise: 2, fall: 3, expectStatus: 200 },
  })

export const HttpCheck = z
  .union([z.boolean(), HttpCheckOptions], 'must be true, false, or an object with path, intervalSeconds …')
  .meta({
    description:
      'Whether the servers are asked if they answer. true, the default: connects every 2 seconds. false: never, and the route needs no backend of its own. With several servers, one that refuses a connection is left out at once',
  })
export type HttpCheck = z.infer<typeof HttpCheck>
