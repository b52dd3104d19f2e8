import { createFetch } from 'ofetch'
import { sleep as realSleep } from '../lib/sleep.ts'
import type { CallOptions } from './data-plane.ts'
import { DataPlaneError } from './data-plane-error.ts'
import { abandonedTransaction, toFailure, withoutHaproxy } from './failure.ts'

export interface CallsOptions {
  /** Without credentials. */
  url: string
  username: string
  password: string
  /** May also answer in process: `app.fetch`. */
  fetch?: ((request: Request) => Response | Promise<Response>) | undefined
  random?: (() => number) | undefined
  sleep?: ((ms: number, signal?: AbortSignal) => Promise<void>) | undefined
}

interface Call extends CallOptions {
  query?: Record<string, string | number | boolean | undefined>
  json?: object
  text?: string
  form?: FormData
  /** What is then there need not be told, for whoever can leave it out. */
  isMinimal?: boolean
  /** Statuses that are an answer rather than an error. */
  expect?: number[]
}

export interface Answer {
  status: number
  /** As parsed from JSON; null where there is no body. */
  data: unknown
  text: string
  version: number
  reloadId: string | null
}

type Method = 'GET' | 'POST' | 'PUT' | 'DELETE'

/** Calls of the HTTP interface below `/v3`, each within its time. */
export interface Calls {
  get(path: string, call?: Call): Promise<Answer>
  /** For what comes to the same when it is done twice. */
  put(path: string, call?: Call): Promise<Answer>
  putOnce(path: string, call?: Call): Promise<Answer>
  post(path: string, call?: Call): Promise<Answer>
  delete(path: string, call?: Call): Promise<Answer>
  /** A while that grows with the tries, so that two who are in each other's way part. */
  pause(tries: number, signal?: AbortSignal): Promise<void>
}

/** For what HAProxy answers from memory. */
const DEFAULT_TIMEOUT_MS = 10_000
/** For what HAProxy checks, or starts with. */
export const APPLY_TIMEOUT_MS = 60_000
const TRIES = 3
const PAUSE_MS = 25
const MOMENT_MS = 20

const HAPROXY = '/v3/services/haproxy'

export function createCalls(options: CallsOptions): Calls {
  const { random = Math.random, sleep = realSleep } = options
  const send = createSender(options)

  const pause = (tries: number, signal?: AbortSignal) =>
    sleep(PAUSE_MS * 2 ** Math.min(tries, 5) * (0.5 + random()), signal)

  /** Only where a repeat does no harm: what was asked for may already be so. */
  async function repeatable(method: Method, path: string, call: Call = {}): Promise<Answer> {
    for (let tries = 1; ; tries++) {
      try {
        return await send(method, path, call)
      } catch (error) {
        const again = error instanceof LostConnection && tries < TRIES && !call.signal?.aborted
        if (!again) throw error
        await pause(tries, call.signal)
      }
    }
  }

  return {
    get: (path, call) => repeatable('GET', path, call),
    put: (path, call) => repeatable('PUT', path, call),
    putOnce: (path, call) => send('PUT', path, call),
    post: (path, call) => send('POST', path, call),
    delete: (path, call) => send('DELETE', path, call),
    pause,
  }
}

/** No answer came because the connection could not be made or broke, which may be over in a moment. */
class LostConnection extends DataPlaneError {}

function createSender({ url, username, password, fetch = globalThis.fetch }: CallsOptions) {
  const given = createFetch({ fetch: async (input, init) => fetch(new Request(input as string, init as RequestInit)) })
  const authorization = `Basic ${btoa(String.fromCharCode(...new TextEncoder().encode(`${username}:${password}`)))}`

  const request = (method: Method, path: string, call: Call, signal: AbortSignal) =>
    given.raw(url + (path.startsWith('/v3') ? path : HAPROXY + path), {
      method,
      query: call.query,
      body: call.json ? JSON.stringify(call.json) : (call.text ?? call.form),
      headers: { authorization, accept: 'application/json, */*', ...contentType(call), ...preference(call) },
      responseType: 'text',
      ignoreResponseError: true,
      retry: false,
      redirect: 'manual',
      signal,
    })

  return send

  async function send(method: Method, path: string, call: Call = {}): Promise<Answer> {
    const limit = timeLimit(call.timeoutMs ?? DEFAULT_TIMEOUT_MS)
    const signal = call.signal ? AbortSignal.any([call.signal, limit.signal]) : limit.signal
    const response = await untilAborted(request(method, path, call, signal), signal)
      .catch((error: unknown) => {
        throw lost(url, error, limit.signal, call.signal)
      })
      .finally(limit.end)
    const answer = toAnswer(response)
    if (response.ok || (call.expect?.includes(answer.status) && !withoutHaproxy(answer))) return answer
    if (call.query?.version !== undefined) await dropAbandoned(answer)
    throw toFailure(answer)
  }

  /** It would lie around on the node for ever. The failure that is on its way to the caller matters more than this. */
  async function dropAbandoned(refusal: Answer): Promise<void> {
    const id = abandonedTransaction(refusal)
    if (id) await send('DELETE', `/transactions/${id}`, { expect: [404] }).catch(() => {})
  }
}

function contentType({ json, text }: Call): Record<string, string> {
  if (json) return { 'content-type': 'application/json' }
  return text === undefined ? {} : { 'content-type': 'text/plain' }
}

const preference = ({ isMinimal }: Call): Record<string, string> => (isMinimal ? { prefer: 'return=minimal' } : {})

/**
 * Ends with its call: AbortSignal.timeout would go off for calls too that are long over, which costs as much as a small
 * call does. A process that was busy for all of the time hears of the time first and of the answer after it, so the
 * answer gets a moment more.
 */
function timeLimit(ms: number): { signal: AbortSignal; end(): void } {
  const controller = new AbortController()
  const abort = () => controller.abort(new DOMException('The time is over', 'TimeoutError'))
  let timer = setTimeout(() => {
    timer = setTimeout(abort, MOMENT_MS)
  }, ms)
  return { signal: controller.signal, end: () => clearTimeout(timer) }
}

/** A handler in process does not look at the signal. */
function untilAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const abort = () => reject(signal.reason)
    if (signal.aborted) abort()
    signal.addEventListener('abort', abort, { once: true })
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort))
  })
}

function toAnswer(response: { status: number; headers: Headers; _data?: string | undefined }): Answer {
  const { status, headers, _data: text = '' } = response
  return {
    status,
    text,
    data: /^application\/json/.test(headers.get('content-type') ?? '') ? parsed(text) : null,
    version: Number(headers.get('configuration-version') ?? Number.NaN),
    reloadId: headers.get('reload-id'),
  }
}

function parsed(text: string): unknown {
  try {
    return text === '' ? null : JSON.parse(text)
  } catch {
    throw new DataPlaneError('unreachable', 'An answer of the Data Plane API that is no JSON')
  }
}

/** Nothing of the request is repeated: its headers carry the password. */
function lost(url: string, error: unknown, limit: AbortSignal, caller?: AbortSignal): DataPlaneError {
  if (caller?.aborted) return new DataPlaneError('unreachable', `The call to ${url} was given up`)
  if (limit.aborted) return new DataPlaneError('unreachable', `${url} did not answer in time`)
  return new LostConnection('unreachable', `${url} cannot be reached${systemCode(error)}`)
}

function systemCode(error: unknown): string {
  for (let at = error; at instanceof Error; at = at.cause) {
    if ('code' in at && typeof at.code === 'string') return ` (${at.code})`
  }
  return ''
}
