import { z } from '@hono/zod-openapi'
import { ORDER_STATES, stateOf } from '../shared/acme/need.ts'
import type { NameRecord } from '../shared/acme/records.ts'

const Time = z.string().openapi({ example: '2026-11-21T10:00:00.000Z' })

/** How it stands with a name that is to have a certificate of the ACME server. */
export const EdgeOrder = z
  .strictObject({
    name: z.string().openapi({ example: '*.apps.example.com' }),
    state: z.enum(ORDER_STATES).openapi({
      description: 'waiting: not begun; failed: it is tried again at nextTryAt; issued: it is renewed in time',
    }),
    directory: z.string().openapi({ description: 'The ACME server that it is ordered from' }),
    failures: z.number().openapi({ description: 'In a row' }),
    lastError: z.string().nullable().openapi({ description: 'In the words of the ACME server' }),
    nextTryAt: Time.nullable(),
    renewsAt: Time.nullable().openapi({ description: 'When the next one is ordered' }),
  })
  .openapi('EdgeOrder')

export function orderAnswer(record: NameRecord, nowMs: number): z.infer<typeof EdgeOrder> {
  const { name, directory, failures, lastError, nextTryAtMs, renewal } = record
  const state = stateOf(record, nowMs)
  return {
    name,
    state,
    directory,
    failures,
    lastError,
    nextTryAt: state === 'issued' ? null : iso(Math.max(nextTryAtMs, nowMs)),
    renewsAt: renewal && iso(renewal.atMs),
  }
}

const iso = (ms: number) => new Date(ms).toISOString()
