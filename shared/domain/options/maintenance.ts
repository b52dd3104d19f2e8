import { z } from 'zod'
import { plainText } from '../plain-text.ts'
import { whole } from './whole.ts'

/** It stands in a map's value, percent-encoded. */
const LONGEST_MESSAGE = 200
const DEFAULT_RETRY_SECONDS = 300

const MaintenancePage = z.strictObject({
  message: plainText(LONGEST_MESSAGE).optional().meta({ description: 'What the page says' }),
  retryAfterSeconds: whole(1, 86_400).default(DEFAULT_RETRY_SECONDS),
})

export const Maintenance = z
  .union([z.boolean(), MaintenancePage], 'must be true, false, or an object with message, retryAfterSeconds')
  .meta({
    description: 'Every request is answered 503 with a page that says so, and with Retry-After. On and off at once',
    example: { message: 'Back at noon', retryAfterSeconds: 3_600 },
  })
export type Maintenance = z.infer<typeof Maintenance>
