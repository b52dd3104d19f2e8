import type { z } from 'zod'
import { retryAfterMs } from '../lib/retry-after.ts'
import { Directory, Problem } from './answers.ts'
import { type AccountKey, signedBody } from './jws.ts'
import { AcmeProblem } from './problem.ts'

export interface AcmeAnswer {
  status: number
  headers: Headers
  text: string
  retryAfterMs: number | null
}

/** Who signs: the account's key, and its URL once the server has given it one. */
export interface Signer {
  key: AccountKey
  kid: string | null
}

/** Calls to one ACME server. It remembers nonces and the directory, and nothing else. */
export interface AcmeConnection {
  directory(signal: AbortSignal): Promise<Directory>
  get(url: string, signal: AbortSignal): Promise<AcmeAnswer>
  /** Without a payload it asks for what is there (POST-as-GET). */
  post(url: string, payload: object | null, signer: Signer, signal: AbortSignal): Promise<AcmeAnswer>
}

export interface AcmeConnectionOptions {
  directoryUrl: string
  fetch: (request: Request) => Promise<Response>
  now: () => number
  /** Servers want to know who asks (RFC 8555 6.1). */
  userAgent: string
}

const CALL_LIMIT_MS = 30_000
const DIRECTORY_KEPT_MS = 3_600_000
const MOST_NONCES = 32
/** A server with several machines may refuse nonces of its own for a while. */
const MOST_TRIES = 5
const MOST_CHARACTERS = 1_000_000
const URN = 'urn:ietf:params:acme:error:'

export function acmeConnection({ directoryUrl, fetch, now, userAgent }: AcmeConnectionOptions): AcmeConnection {
  const nonces: string[] = []
  let known: { directory: Directory; untilMs: number } | undefined

  const send = async (url: string, init: RequestInit, signal: AbortSignal): Promise<AcmeAnswer> => {
    const headers = { ...init.headers, 'user-agent': userAgent }
    try {
      const ends = AbortSignal.any([signal, AbortSignal.timeout(CALL_LIMIT_MS)])
      const response = await fetch(new Request(url, { ...init, headers, signal: ends }))
      const nonce = response.headers.get('replay-nonce')
      if (nonce !== null && nonces.length < MOST_NONCES) nonces.push(nonce)
      const wait = retryAfterMs(response.headers, now())
      const { status, headers: answered } = response
      return { status, headers: answered, text: await readText(response), retryAfterMs: wait }
    } catch (cause) {
      if (cause instanceof AcmeProblem) throw cause
      throw new AcmeProblem('unreachable', `${new URL(url).host} cannot be reached: ${reasonOf(cause)}`, { cause })
    }
  }

  const directory = async (signal: AbortSignal): Promise<Directory> => {
    if (known === undefined || known.untilMs < now()) {
      const answer = succeeded(await send(directoryUrl, {}, signal))
      known = { directory: read(Directory, answer), untilMs: now() + DIRECTORY_KEPT_MS }
    }
    return known.directory
  }

  const nonce = async (signal: AbortSignal): Promise<string> => {
    const there = nonces.pop()
    if (there !== undefined) return there
    succeeded(await send((await directory(signal)).newNonce, { method: 'HEAD' }, signal))
    const fresh = nonces.pop()
    if (fresh === undefined) throw new AcmeProblem('malformedAnswer', 'The server gave no nonce')
    return fresh
  }

  return {
    directory,
    get: async (url, signal) => succeeded(await send(url, {}, signal)),
    async post(url, payload, { key, kid }, signal) {
      for (let tries = 1; ; tries++) {
        const body = await signedBody(key, { payload, url, nonce: await nonce(signal), kid })
        const headers = { 'content-type': 'application/jose+json' }
        const answer = await send(url, { method: 'POST', headers, body }, signal)
        const problem = problemOf(answer)
        if (problem === null) return answer
        // The refusal brought a nonce that is good; those from before it are not.
        if (problem.type !== 'badNonce' || tries === MOST_TRIES) throw problem
        nonces.splice(0, nonces.length - 1)
      }
    },
  }
}

/** What the server said, in the shape that it must have. */
export function read<T>(schema: z.ZodType<T>, { text }: AcmeAnswer): T {
  const parsed = schema.safeParse(parseJson(text))
  if (parsed.success) return parsed.data
  const [issue] = parsed.error.issues
  throw new AcmeProblem(
    'malformedAnswer',
    `The server's answer cannot be used: ${issue?.path.join('.')} ${issue?.message}`,
  )
}

function succeeded(answer: AcmeAnswer): AcmeAnswer {
  const problem = problemOf(answer)
  if (problem !== null) throw problem
  return answer
}

function problemOf({ status, text, retryAfterMs: wait }: AcmeAnswer): AcmeProblem | null {
  if (status >= 200 && status < 300) return null
  const { data } = Problem.safeParse(parseJson(text))
  const type = data?.type.startsWith(URN) ? data.type.slice(URN.length) : 'malformedAnswer'
  return new AcmeProblem(type, data?.detail ?? `The server answered ${status}`, { status, retryAfterMs: wait })
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

async function readText(response: Response): Promise<string> {
  const decoder = new TextDecoder()
  let text = ''
  for await (const chunk of response.body ?? []) {
    text += decoder.decode(chunk, { stream: true })
    if (text.length > MOST_CHARACTERS) throw new AcmeProblem('malformedAnswer', 'The server answers without an end')
  }
  return text + decoder.decode()
}

const reasonOf = (error: unknown): string => {
  if (!(error instanceof Error)) return 'the connection failed'
  return error.cause instanceof Error ? error.cause.message : error.message
}
