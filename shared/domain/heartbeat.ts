import { z } from 'zod'
import { plainText } from './plain-text.ts'

const ServiceHealth = z.strictObject({
  name: plainText(63).meta({ example: 'shop' }),
  status: z.enum(['healthy', 'unhealthy', 'unknown']),
  message: z.string().max(120).nullable().default(null),
  version: z
    .string()
    .max(50)
    .nullable()
    .default(null)
    .meta({ description: 'Which one of it runs', example: '3f2a9c41d0be' }),
})

const bytes = z.int().min(0)

/** What an agent reports of itself. */
export const Heartbeat = z.strictObject({
  version: z.string().max(50).nullable().default(null),
  load: z
    .number()
    .min(0)
    .max(100_000)
    .nullable()
    .default(null)
    .meta({ description: 'The load average of the last minute' }),
  memory: z
    .strictObject({ totalBytes: bytes, availableBytes: bytes })
    .nullable()
    .default(null)
    .meta({ description: 'Of the machine' }),
  apps: z.array(ServiceHealth).max(200).default([]),
  databases: z.array(ServiceHealth).max(200).default([]),
})
export type Heartbeat = z.infer<typeof Heartbeat>
