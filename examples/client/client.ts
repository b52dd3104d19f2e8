import { type Calls, type ErrorCode, PLACES } from './api.ts'

/** The calls of the front by their names, as functions: `front.putHttpRoute({ body: { … } })`. */
export type FrontClient = {
  readonly [name in keyof Calls]: (
    ...taken: Record<string, never> extends Calls[name]['takes'] ? [Calls[name]['takes']?] : [Calls[name]['takes']]
  ) => Promise<Calls[name]['gives']>
}

export interface ClientOptions {
  /** Where the front's API is: `https://front.example.com`. */
  url: string
  /** An agent's token, or an administrator's. */
  token?: string
  /** How long a call may take. */
  timeoutMs?: number
}

/** A failure that the front told of. */
export class FrontError extends Error {
  readonly status: number
  /** Stable: to be compared with. */
  readonly code: ErrorCode
  readonly details: string[]
  /** What to ask the front's administrator about. */
  readonly requestId: string | null

  constructor(response: Response, answer: { error: string; code: ErrorCode; details?: string[] }) {
    super(answer.error)
    this.status = response.status
    this.code = answer.code
    this.details = answer.details ?? []
    this.requestId = response.headers.get('x-request-id')
  }
}

interface Taken {
  path?: Record<string, string>
  query?: Record<string, unknown>
  headers?: Record<string, string>
  body?: unknown
}

export function createClient(options: ClientOptions): FrontClient {
  const names = Object.keys(PLACES) as (keyof Calls)[]
  const calls = names.map((name) => [name, (taken: Taken = {}) => call(options, PLACES[name], taken)])
  return Object.fromEntries(calls) as FrontClient
}

async function call({ url, token, timeoutMs = 60_000 }: ClientOptions, { method, path }: Place, taken: Taken) {
  const response = await fetch(new URL(pathOf(path, taken), url), {
    method,
    headers: {
      ...taken.headers,
      ...(token !== undefined && { authorization: `Bearer ${token}` }),
      ...(taken.body !== undefined && { 'content-type': 'application/json' }),
    },
    ...(taken.body !== undefined && { body: JSON.stringify(taken.body) }),
    signal: AbortSignal.timeout(timeoutMs),
  })
  const isJson = response.headers.get('content-type') === 'application/json'
  const answer = isJson ? await response.json() : await response.text()
  if (response.ok) return answer
  throw isJson ? new FrontError(response, answer as never) : new Error(`${method} ${path} answered ${response.status}`)
}

type Place = (typeof PLACES)[keyof Calls]

function pathOf(template: string, { path = {}, query = {} }: Taken): string {
  const filled = template.replace(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(path[name] ?? ''))
  const given = Object.entries(query).filter(([, value]) => value !== undefined)
  const search = new URLSearchParams(given.map(([name, value]): [string, string] => [name, String(value)]))
  return given.length === 0 ? filled : `${filled}?${search}`
}
