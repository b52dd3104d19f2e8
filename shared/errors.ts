/** Every failure that a caller may see: a stable code, and the HTTP status that follows from it. */
export const STATUS = {
  INVALID_INPUT: 400,
  MALFORMED_JSON: 400,
  MALFORMED_REQUEST: 400,
  TARGET_REFUSED: 400,
  UNAUTHORIZED: 401,
  INVALID_CREDENTIALS: 401,
  FORBIDDEN: 403,
  AGENT_SUSPENDED: 403,
  NOT_FOUND: 404,
  AGENT_NOT_FOUND: 404,
  TOKEN_NOT_FOUND: 404,
  CERTIFICATE_NOT_FOUND: 404,
  NODE_NOT_FOUND: 404,
  ROUTE_NOT_FOUND: 404,
  BACKEND_NOT_FOUND: 404,
  REVISION_NOT_FOUND: 404,
  METHOD_NOT_ALLOWED: 405,
  AGENT_EXISTS: 409,
  NAME_RELEASED: 409,
  HOST_TAKEN: 409,
  TOO_MANY_ROUTES: 409,
  NOT_EMPTY: 409,
  IMPORT_RUNNING: 409,
  NODE_EXISTS: 409,
  NODE_IS_CONFIGURED: 409,
  BACKEND_IS_PROVIDED: 409,
  TOO_MANY_NODES: 409,
  IDEMPOTENCY_IN_PROGRESS: 409,
  REQUEST_TIMEOUT: 408,
  PRECONDITION_FAILED: 412,
  BODY_TOO_LARGE: 413,
  UNSUPPORTED_MEDIA_TYPE: 415,
  REJECTED_BY_HAPROXY: 422,
  WRONG_PASSPHRASE: 422,
  DOCUMENT_DAMAGED: 422,
  DOCUMENT_REFUSED: 422,
  IDEMPOTENCY_KEY_REUSED: 422,
  TOO_MANY_REQUESTS: 429,
  HEADERS_TOO_LARGE: 431,
  INTERNAL: 500,
  NOT_SUPPORTED: 501,
  ACME_FAILED: 502,
  NOT_READY: 503,
  STORE_UNAVAILABLE: 503,
  RESOLVER_UNAVAILABLE: 503,
  STORE_COMPACTED: 503,
  WRONG_SECRET_KEY: 500,
} as const

/** However much is wrong, an answer says so much of it. */
export const MOST_DETAILS = 100

export type ErrorCode = keyof typeof STATUS

export interface AppErrorOptions {
  cause?: unknown
  /** One sentence for each thing that is wrong, for inputs that have several. */
  details?: string[]
  /** Headers that the answer must carry, such as Allow or Retry-After. */
  headers?: Record<string, string>
  /** Which field of what was sent it is about. */
  field?: string
}

/** An error whose message may be shown to the caller. */
export class AppError extends Error {
  readonly code: ErrorCode
  readonly details: string[] | undefined
  readonly headers: Record<string, string>
  readonly field: string | undefined

  constructor(code: ErrorCode, message: string, { cause, details, headers = {}, field }: AppErrorOptions = {}) {
    super(message, { cause })
    this.name = 'AppError'
    this.code = code
    this.details = details
    this.headers = headers
    this.field = field
  }
}
