/** What a source has wrong, in words that may be shown: without a secret, and with what to do. */
export class SourceError extends Error {
  /** Then it wants to be asked again; `null`: it has not said. */
  readonly retryAfterMs: number | null

  constructor(message: string, { cause, retryAfterMs = null }: { cause?: unknown; retryAfterMs?: number | null } = {}) {
    super(message, { cause })
    this.name = 'SourceError'
    this.retryAfterMs = retryAfterMs
  }
}

/** The system's code of an error, such as ECONNREFUSED, also where another error is around it. */
export function systemCode(error: unknown): string | null {
  for (let at = error; at instanceof Error; at = at.cause) {
    if ('code' in at && typeof at.code === 'string') return at.code
  }
  return null
}
