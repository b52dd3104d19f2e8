import { retryAfterMs } from '../../shared/lib/retry-after.ts'
import { FrontError, type FrontErrorCode } from './front-error.ts'
import { inPlaceOfFront } from './in-place-of-front.ts'
import { whyUnreachable } from './why-unreachable.ts'

/** As the global one, for those who need it to believe another CA. */
export type Fetch = (request: Request) => Promise<Response>

export interface Sent {
  method: string
  url: URL
  headers?: Record<string, string>
  body?: unknown
  timeoutMs: number
  signal?: AbortSignal | undefined
}

/** What a configuration of 10,000 routes has, with room to spare. */
const LONGEST_ANSWER_BYTES = 64 * 1024 * 1024

/** One call. What it gives is the body: parsed where it is JSON, text where it is not. */
export async function send(fetch: Fetch, sent: Sent): Promise<unknown> {
  const deadline = AbortSignal.timeout(sent.timeoutMs)
  const signal = sent.signal ? AbortSignal.any([sent.signal, deadline]) : deadline
  const response = await begin(fetch, sent, signal)
  try {
    return await bodyOf(response)
  } catch (cause) {
    throw interrupted(sent, cause, 'broke off in the middle of its answer')
  }
}

/** The answer of a call that went well, its body still to come. */
export async function begin(fetch: Fetch, sent: Sent, signal: AbortSignal | undefined): Promise<Response> {
  sent.signal?.throwIfAborted()
  const { method, url, headers, body } = sent
  const request = new Request(url, {
    method,
    headers: { ...headers, ...(body !== undefined && { 'content-type': 'application/json' }) },
    ...(body !== undefined && { body: JSON.stringify(body) }),
    ...(signal && { signal }),
    redirect: 'manual',
  })
  const response = await fetch(request).catch((cause) => {
    throw interrupted(sent, cause, 'cannot be reached')
  })
  if (!response.ok) throw await failureOf(response, sent)
  return response
}

/** The caller's own wish to end it stays what it is. */
function interrupted({ url, signal, timeoutMs }: Sent, cause: unknown, what: string): unknown {
  if (signal?.aborted) return signal.reason
  if (cause instanceof FrontError) return cause
  const { code, sentence } = whyUnreachable(url, cause, { what, timeoutMs })
  return new FrontError(sentence, { code, cause })
}

async function bodyOf(response: Response): Promise<unknown> {
  const text = await textOf(response)
  return isJson(response) ? JSON.parse(text) : text
}

async function textOf({ body }: Response): Promise<string> {
  const decoder = new TextDecoder()
  let [text, length] = ['', 0]
  for await (const part of body ?? []) {
    length += part.length
    if (length > LONGEST_ANSWER_BYTES) throw new Error(`the answer is longer than ${LONGEST_ANSWER_BYTES} bytes`)
    text += decoder.decode(part, { stream: true })
  }
  return text + decoder.decode()
}

async function failureOf(response: Response, { method, url }: Sent): Promise<FrontError> {
  const { status, headers } = response
  const instead = inPlaceOfFront(response, url)
  if (instead !== null) {
    await response.body?.cancel()
    // When to come again is said there for browsers: nobody has asked the front.
    return new FrontError(instead, { status, code: 'UNEXPECTED_ANSWER' })
  }
  const answer = await bodyOf(response).catch(() => null)
  const common = { status, requestId: headers.get('x-request-id'), retryAfterMs: retryAfterMs(headers, Date.now()) }
  if (isFailure(answer))
    return new FrontError(answer.error, { ...common, code: answer.code, details: answer.details ?? [] })
  return new FrontError(`${method} ${url.pathname} was answered ${status}, and not by the front itself`, {
    ...common,
    code: 'UNEXPECTED_ANSWER',
  })
}

const isJson = ({ headers }: Response) => /^application\/json\b/.test(headers.get('content-type') ?? '')

const isFailure = (answer: unknown): answer is { error: string; code: FrontErrorCode; details?: string[] } =>
  typeof answer === 'object' && answer !== null && 'error' in answer && 'code' in answer
