import { type ErrorCode, STATUS } from '../../shared/errors.ts'
import { ErrorAnswer } from '../errors.ts'
import { SENTENCES } from './sentences.ts'

/** What is declared of a failure; the rest of it is derived from the codes. */
export interface FailureResponse {
  description: string
  content: { 'application/json': { schema: typeof ErrorAnswer } }
  'x-codes': ErrorCode[]
}

/** The failures that a call may answer with, by their codes. */
export function failures(...codes: ErrorCode[]): Record<number, FailureResponse> {
  const byStatus = Map.groupBy(codes, (code) => STATUS[code])
  return Object.fromEntries(
    [...byStatus].map(([status, same]) => [
      status,
      { description: same.join(', '), content: { 'application/json': { schema: ErrorAnswer } }, 'x-codes': same },
    ]),
  )
}

/** What any call may answer that reads a body, whatever it declares. */
export const BODY_FAILURES = [
  'MALFORMED_JSON',
  'MALFORMED_REQUEST',
  'BODY_TOO_LARGE',
  'UNSUPPORTED_MEDIA_TYPE',
] as const

/** What any write may answer: it may be one too many. */
export const WRITE_FAILURES = ['TOO_MANY_REQUESTS'] as const

/** What a write may answer that comes with an idempotency-key. */
export const KEPT_FAILURES = ['IDEMPOTENCY_KEY_REUSED', 'IDEMPOTENCY_IN_PROGRESS'] as const

export const IDEMPOTENCY_KEY = {
  name: 'idempotency-key',
  in: 'header' as const,
  required: false,
  description: 'Of your making, a new one for each request: a repeat with the same gets the same answer for a day',
  schema: { type: 'string' as const, minLength: 1, maxLength: 255, pattern: '^[\\x21-\\x7e]+$' },
}

/** What any call may answer at all: a server that is too slow or too full, a client that does not speak HTTP. */
export const OTHER_FAILURES: ErrorCode[] = [
  'MALFORMED_REQUEST',
  'METHOD_NOT_ALLOWED',
  'REQUEST_TIMEOUT',
  'HEADERS_TOO_LARGE',
  'INTERNAL',
  'WRONG_SECRET_KEY',
  'NOT_READY',
  'STORE_UNAVAILABLE',
  'STORE_COMPACTED',
]

/** A response of the document for these codes. */
export function failureResponse(description: string, codes: ErrorCode[]) {
  return {
    description,
    headers: {
      ...headersOf('X-Request-Id'),
      ...(codes.includes('TOO_MANY_REQUESTS') && headersOf('Retry-After')),
      ...(codes.includes('UNAUTHORIZED') && headersOf('WWW-Authenticate')),
    },
    content: { 'application/json': { schema: schemaOf(codes), examples: examplesOf(codes) } },
  }
}

export const headersOf = (...names: (keyof typeof HEADERS)[]) =>
  Object.fromEntries(names.map((name) => [name, { $ref: `#/components/headers/${name}` }]))

const schemaOf = (codes: ErrorCode[]) => ({
  allOf: [{ $ref: '#/components/schemas/Error' }, { type: 'object', properties: { code: { enum: codes } } }],
})

const examplesOf = (codes: ErrorCode[]) =>
  Object.fromEntries(codes.map((code) => [code, { value: { success: false, error: SENTENCES[code], code } }]))

export const HEADERS = {
  'X-Request-Id': {
    description: 'Names the request, in the log too. Yours is kept if it has 8 to 64 letters, digits, and _ . -',
    required: true,
    schema: { type: 'string', pattern: '^[\\w.-]{8,64}$' },
  },
  'Retry-After': {
    description: 'Seconds after which to try again',
    required: true,
    schema: { type: 'string', pattern: '^[1-9][0-9]*$' },
  },
  'WWW-Authenticate': {
    description: 'How to show who you are',
    schema: { type: 'string', example: 'Bearer' },
  },
}
