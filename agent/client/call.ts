import { type Calls, PLACES } from './api.ts'
import type { Ask } from './ask.ts'
import { FrontError } from './front-error.ts'
import { withPatience } from './retry.ts'
import { type Sent, send } from './send.ts'
import type { Session } from './session.ts'

export interface CallOptions {
  /** Ends the call, and all waiting for another try. */
  signal?: AbortSignal | undefined
  /** Each try; 15 seconds if not given. */
  timeoutMs?: number
  /** How long it is tried again while the front is away or asks for patience; 30 seconds if not given, 0: once. */
  patienceMs?: number
}

export interface WriteOptions extends CallOptions {
  /** The same write twice is one; if not given, each call has its own, for its own repetitions. */
  idempotencyKey?: string
  /** Only if nobody has changed it since: the ETag that was read. */
  ifMatch?: string
  /** `*`: only if there is none yet. */
  ifNoneMatch?: string
  /** The answer comes when the route is settled, or after that time; otherwise when it is live. */
  waitSeconds?: number
}

interface Taken {
  path?: Record<string, string>
  query?: Record<string, unknown>
  headers?: Record<string, string>
  body?: unknown
}

type CallName = keyof Calls
export type Gives<Name extends CallName> = Promise<Calls[Name]['gives']>

export interface Caller {
  /** With the agent's token. */
  call<Name extends CallName>(name: Name, taken: Taken, options?: CallOptions): Gives<Name>
  /** With an idempotency key, too. */
  write<Name extends CallName>(name: Name, taken: Taken, options?: WriteOptions): Gives<Name>
  /** With nothing: for what everybody may call. */
  open<Name extends CallName>(name: Name, taken: Taken, options?: WriteOptions): Gives<Name>
  /** Any call with the agent's token; once more with a new one where that is refused. */
  authorized<T>(options: CallOptions, once: (headers: Record<string, string>) => Promise<T>): Promise<T>
  urlOf(name: CallName | string, taken?: Taken): URL
}

export interface CallerOptions {
  url: string
  ask: Ask
  timeoutMs: number
  patienceMs: number
  now: () => number
  random: () => number
  newId: () => string
  session(): Session
}

export function createCaller(options: CallerOptions): Caller {
  const { ask, now, random, newId, session } = options

  const patient = <T>({ patienceMs = options.patienceMs, signal }: CallOptions, once: () => Promise<T>): Promise<T> =>
    withPatience(once, { patienceMs, signal, now, random })

  const urlOf: Caller['urlOf'] = (name, taken = {}) => {
    const path = name in PLACES ? PLACES[name as CallName].path : name
    return new URL(pathOf(path, taken), options.url)
  }
  const sentOf = (name: CallName, taken: Taken, { signal, timeoutMs = options.timeoutMs }: CallOptions): Sent => ({
    method: PLACES[name].method,
    url: urlOf(name, taken),
    headers: taken.headers ?? {},
    body: taken.body,
    timeoutMs,
    signal,
  })
  const authorized: Caller['authorized'] = async ({ signal }, once) => {
    const token = await session().token(signal)
    try {
      return await once(bearer(token))
    } catch (error) {
      if (!(error instanceof FrontError && error.code === 'UNAUTHORIZED')) throw error
      session().refuse(token)
      return once(bearer(await session().token(signal)))
    }
  }
  const call = async (name: CallName, taken: Taken, callOptions: CallOptions = {}) => {
    const sent = sentOf(name, taken, callOptions)
    return patient(callOptions, () =>
      authorized(callOptions, (headers) => send(ask, { ...sent, headers: { ...sent.headers, ...headers } })),
    )
  }
  const keyed = (
    taken: Taken,
    { idempotencyKey = newId(), ifMatch, ifNoneMatch, waitSeconds }: WriteOptions,
  ): Taken => ({
    ...taken,
    headers: {
      'idempotency-key': idempotencyKey,
      ...taken.headers,
      ...(ifMatch !== undefined && { 'if-match': ifMatch }),
      ...(ifNoneMatch !== undefined && { 'if-none-match': ifNoneMatch }),
      ...(waitSeconds !== undefined && { prefer: `wait=${waitSeconds}` }),
    },
  })
  const waiting = ({ waitSeconds = 0, timeoutMs = options.timeoutMs, ...others }: WriteOptions): CallOptions => ({
    ...others,
    timeoutMs: timeoutMs + waitSeconds * 1000,
  })
  return {
    call,
    write: (name, taken, given = {}) => call(name, keyed(taken, given), waiting(given)),
    open: (name, taken, given = {}) => patient(given, () => send(ask, sentOf(name, taken, given))),
    authorized,
    urlOf,
  } as Caller
}

const bearer = (token: string) => ({ authorization: `Bearer ${token}` })

function pathOf(template: string, { path = {}, query = {} }: Taken): string {
  const filled = template.replace(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(path[name] ?? ''))
  const given = Object.entries(query).filter(([, value]) => value !== undefined)
  const search = new URLSearchParams(given.map(([name, value]): [string, string] => [name, String(value)]))
  return given.length === 0 ? filled : `${filled}?${search}`
}
