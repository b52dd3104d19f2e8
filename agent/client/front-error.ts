import type { ErrorCode } from './api.ts'

/**
 * `UNREACHABLE`: nothing came back. `DISTRUSTED`: nothing was sent, since what is there cannot prove that it is the front.
 * `UNEXPECTED_ANSWER`: not from the front, but from something on the way.
 */
export type FrontErrorCode = ErrorCode | 'UNREACHABLE' | 'DISTRUSTED' | 'UNEXPECTED_ANSWER'

export interface FrontErrorFields {
  code: FrontErrorCode
  status?: number
  details?: string[]
  requestId?: string | null
  retryAfterMs?: number | null
  cause?: unknown
}

/** A call that failed. Its `message` is a sentence for a person, its `code` is for programs. */
export class FrontError extends Error {
  readonly code: FrontErrorCode
  /** Of the answer; `null`: there was none. */
  readonly status: number | null
  /** Each thing that was wrong, where several were. */
  readonly details: string[]
  /** What to ask the front's administrator about. */
  readonly requestId: string | null
  /** How long the front asks to be left alone. */
  readonly retryAfterMs: number | null

  constructor(message: string, { code, status, details = [], requestId, retryAfterMs, cause }: FrontErrorFields) {
    super(message, { cause })
    this.name = 'FrontError'
    this.code = code
    this.status = status ?? null
    this.details = details
    this.requestId = requestId ?? null
    this.retryAfterMs = retryAfterMs ?? null
  }
}

/** Of something on the way, of a front that starts, or of too many calls: it may be otherwise in a moment. */
const PASSING_STATUSES = [408, 429, 502, 503, 504]

/** Whether the same call may succeed later, with nothing changed. */
export const isPassing = (error: unknown): boolean =>
  error instanceof FrontError &&
  (error.code === 'UNREACHABLE' ||
    PASSING_STATUSES.includes(error.status ?? 0) ||
    error.code === 'IDEMPOTENCY_IN_PROGRESS')

/** Whether nobody heard the call, since who is there cannot prove that it is the front. */
export const isDistrusted = (error: unknown): boolean => error instanceof FrontError && error.code === 'DISTRUSTED'
