/** What an ACME server answered instead of what was asked (RFC 8555 6.7), or why it did not answer. */
export class AcmeProblem extends Error {
  /** Without `urn:ietf:params:acme:error:`; `unreachable` and `malformedAnswer` are our own. */
  readonly type: string
  readonly status: number
  /** From when on the server wants to hear of it again. */
  readonly retryAfterMs: number | null

  constructor(
    type: string,
    detail: string,
    { status = 0, retryAfterMs = null, cause }: { status?: number; retryAfterMs?: number | null; cause?: unknown } = {},
  ) {
    super(oneLine(detail), { cause })
    this.name = 'AcmeProblem'
    this.type = type
    this.status = status
    this.retryAfterMs = retryAfterMs
  }
}

const MOST_CHARACTERS = 500

/** A stranger's words as they may stand in an answer, a log and the store. */
const oneLine = (text: string): string => text.replace(/\p{Cc}/gu, ' ').slice(0, MOST_CHARACTERS)

/** The server has had enough, of one name or of all: it must not be asked again before the time that it named. */
export const isLimit = ({ type, status }: AcmeProblem): boolean =>
  type === 'rateLimited' || status === 429 || (status === 503 && type !== 'badNonce')

/** Nobody said no: the same may go through in a moment. */
export const isPassing = ({ type, status }: AcmeProblem): boolean =>
  type === 'unreachable' || type === 'malformedAnswer' || type === 'serverInternal' || status >= 500
