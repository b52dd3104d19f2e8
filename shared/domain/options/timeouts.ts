import { z } from 'zod'
import { whole } from './whole.ts'

export const Timeouts = z
  .strictObject({
    connectSeconds: whole(1, 60).meta({ description: 'For a connection to a server; 5 if not given' }),
    responseSeconds: whole(1, 3_600).meta({
      description: 'For a server to say something, its first words or the next ones; 30 if not given',
    }),
    tunnelSeconds: whole(1, 86_400).meta({
      description: 'How long a WebSocket may be silent; 3600 if not given',
    }),
  })
  .partial()
  .refine(
    (timeouts) => Object.keys(timeouts).length > 0,
    'must name one of connectSeconds, responseSeconds, tunnelSeconds',
  )
  .meta({ minProperties: 1, description: 'How long HAProxy waits', example: { responseSeconds: 120 } })
export type Timeouts = z.infer<typeof Timeouts>
