import { z } from 'zod'

const count = z.int().nonnegative()

/** How a provider is, as the administrator sees it. */
export const ProviderState = z
  .strictObject({
    name: z.string().meta({ example: 'database' }),
    kind: z.string().meta({ example: 'rest', description: '`api`: what is put by hand; `inline`: the file’s own' }),
    state: z.enum(['starting', 'running', 'failing', 'stopped']).meta({
      description: 'failing: its source or the store has trouble; the last that it told stays, and it is tried again',
    }),
    backends: count.meta({ description: 'How many the store has of it' }),
    lastPollAt: z.string().nullable().meta({ description: 'When its source answered last' }),
    lastError: z.string().nullable(),
    nextTryAt: z.string().nullable().meta({ description: 'After a failure' }),
    events: z
      .strictObject({ added: count, updated: count, deleted: count })
      .meta({ description: 'That it has told since the front was started' }),
    channel: z
      .strictObject({ waiting: count, size: count })
      .meta({ description: 'Events that wait, and how many may before the provider has to' }),
    refused: count.meta({ description: 'Backends that were not taken: their last state stays' }),
    problems: z
      .array(z.strictObject({ name: z.string(), reason: z.string() }))
      .meta({ description: 'The first of them, and what is wrong with each' }),
  })
  .meta({ id: 'ProviderState' })
export type ProviderState = z.infer<typeof ProviderState>

/** Where the providers' settings come from, and whether they could be read. */
export const GatewaySource = z
  .strictObject({
    file: z
      .string()
      .nullable()
      .meta({ description: 'null: the variable GATEWAY_YAML', example: '/etc/front/gateway.yaml' }),
    appliedAt: z.string().nullable().meta({ description: 'When what it says was last taken up' }),
    error: z.string().nullable().meta({ description: 'What is wrong with it now: the last good state holds' }),
  })
  .meta({ id: 'GatewaySource' })
export type GatewaySource = z.infer<typeof GatewaySource>
