import { z } from 'zod'
import { kindOf, Name, Time } from './kind.ts'

const Entry = z.strictObject({
  id: Name,
  at: Time,
  actor: Name,
  address: Name.nullable(),
  requestId: Name.nullable(),
  action: Name,
  target: Name,
  outcome: z.enum(['done', 'refused']),
  details: z.record(z.string(), z.json()),
})

export const AUDIT_KIND = kindOf('audit/', Entry, ({ id }) => `audit/${id}`)
