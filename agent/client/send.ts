import { retryAfterMs } from '../../shared/lib/retry-after.ts'
import type { Answer, Ask } from './ask.ts'
import { FrontError, type FrontErrorCode } from './front-error.ts'
import { inPlaceOfFront } from './in-place-of-front.ts'
import { whyUnreachable } from './why-unreachable.ts'

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
export async function send(ask: Ask, sent: Sent): Promise<unknown> {
  const deadline = AbortSignal.timeout(sent.timeoutMs)
  const signal = sent.signal ? AbortSignal.any([sent.signal, deadline]) : deadline
  const answer = await begin(ask, sent, signal)
  try {
    return await bodyOf(answer)
  } catch (cause) {
    throw interrupted(sent, cause, 'broke off in the middle of its answer')
  }
}

/** The answer of a call that went well, its body still to come. */
export async function begin(ask: Ask, sent: Sent, signal: AbortSignal | undefined): Promise<Answer> {
  sent.signal?.throwIfAborted()
  const { method, url } = sent
  const body = sent.body === undefined ? null : JSON.stringify(sent.body)
  const headers = { ...sent.headers, ...(body !== null && { 'content-type': 'application/json' }) }
  const answer = await ask({ method, url, headers, body, signal }).catch((cause) => {
    throw interrupted(sent, cause, 'cannot be reached')
  })
  if (answer.status < 200 || answer.status > 299) throw await failureOf(answer, sent)
  return answer
}

/** The caller's own wish to end it stays what it is. */
function interrupted({ url, signal, timeoutMs }: Sent, cause: unknown, what: string): unknown {
  if (signal?.aborted) return signal.reason
  if (cause instanceof FrontError) return cause
  const { code, sentence } = whyUnreachable(url, cause, { what, timeoutMs })
  return new FrontError(sentence, { code, cause })
}

async function bodyOf(answer: Answer): Promise<unknown> {
  const text = await textOf(answer)
  return isJson(answer) ? JSON.parse(text) : text
}

async function textOf({ body }: Answer): Promise<string> {
  if (body === null) return ''
  const decoder = new TextDecoder()
  const reader = body.getReader()
  let [text, length] = ['', 0]
  for (let part = await reader.read(); part.value; part = await reader.read()) {
    length += part.value.length
    if (length > LONGEST_ANSWER_BYTES) {
      await reader.cancel()
      throw new Error(`the answer is longer than ${LONGEST_ANSWER_BYTES} bytes`)
    }
    text += decoder.decode(part.value, { stream: true })
  }
  return text + decoder.decode()
}

async function failureOf(answer: Answer, { method, url }: Sent): Promise<FrontError> {
  const { status, headers } = answer
  const instead = inPlaceOfFront(answer, url)
  if (instead !== null) {
    await answer.body?.cancel()
    // When to come again is said there for browsers: nobody has asked the front.
    return new FrontError(instead, { status, code: 'UNEXPECTED_ANSWER' })
  }
  const told = await bodyOf(answer).catch(() => null)
  const common = { status, requestId: headers.get('x-request-id'), retryAfterMs: retryAfterMs(headers, Date.now()) }
  if (isFailure(told)) return new FrontError(told.error, { ...common, code: told.code, details: told.details ?? [] })
  return new FrontError(`${method} ${url.pathname} was answered ${status}, and not by the front itself`, {
    ...common,
    code: 'UNEXPECTED_ANSWER',
  })
}

const isJson = ({ headers }: Answer) => /^application\/json\b/.test(headers.get('content-type') ?? '')

const isFailure = (told: unknown): told is { error: string; code: FrontErrorCode; details?: string[] } =>
  typeof told === 'object' && told !== null && 'error' in told && 'code' in told
