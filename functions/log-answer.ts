import { z } from '@hono/zod-openapi'

export const LogLine = z
  .strictObject({
    at: z.iso.datetime(),
    node: z.string().openapi({ example: 'local' }),
    kind: z.enum(['http', 'mongodb']),
    route: z.string().nullable().openapi({ description: 'null: no route has this name' }),
    agentId: z.string().nullable(),
    client: z.string().openapi({ example: '203.0.113.9' }),
    tls: z.boolean().nullable(),
    protocol: z.number().nullable().openapi({ description: 'Of HTTP: 1 or 2' }),
    method: z.string().nullable(),
    host: z.string().nullable(),
    path: z.string().nullable().openapi({ description: 'Without the query' }),
    status: z.number().nullable(),
    ms: z.number().openapi({ description: 'Until the answer was sent, or the connection closed' }),
    bytes: z.number().openapi({ description: 'To the client' }),
    backend: z.string().nullable(),
    end: z.string().openapi({ description: 'How it ended, in HAProxy’s letters; --: well', example: '--' }),
  })
  .openapi('LogLine')

export const LogLines = z
  .strictObject({
    success: z.literal(true),
    lines: z.array(LogLine),
    dropped: z.int().openapi({ description: 'Lines that came faster than they can be read, since the front started' }),
  })
  .openapi('LogLines')
