import { readAtMost } from '../../lib/read-at-most.ts'
import { SourceError, systemCode } from '../source-error.ts'
import { retryMs } from './waiting.ts'

export interface AskOptions {
  fetch: (request: Request) => Promise<Response>
  /** By these, the source knows who asks: they never go to another server. */
  authorization: () => Promise<Record<string, string>>
  now: () => number
}

export interface Answer {
  url: URL
  headers: Headers
  /** `null`: not modified. */
  text: string | null
  bytes: number
}

const MOST_REDIRECTS = 5
const NOT_MODIFIED = 304

/** One GET, its redirects followed on the same server. */
export async function ask(
  url: URL,
  { conditions, mostBytes, signal }: { conditions: Record<string, string>; mostBytes: number; signal: AbortSignal },
  { fetch, authorization, now }: AskOptions,
): Promise<Answer> {
  const headers = { accept: 'application/json', ...conditions, ...(await authorization()) }
  let at = url
  for (let redirects = 0; redirects <= MOST_REDIRECTS; redirects++) {
    const response = await fetch(new Request(at, { headers, signal, redirect: 'manual' })).catch((error) => {
      throw unreachable(at, error)
    })
    const location = response.status >= 300 && response.status < 400 ? response.headers.get('location') : null
    if (location === null) return read(response, at, mostBytes, now())
    await response.body?.cancel()
    at = onSameServer(URL.parse(location, at.href), at, 'redirects')
  }
  throw new SourceError(`${shown(url)} redirects more than ${MOST_REDIRECTS} times`)
}

/** The same URL, if it leads to the server that the login is for. Plain HTTP may become HTTPS. */
export function onSameServer(next: URL | null, from: URL, how: string): URL {
  const isUpgraded = next?.hostname === from.hostname && next.protocol === 'https:' && from.port + next.port === ''
  if (next && (next.origin === from.origin || isUpgraded)) return next
  const where = next ? next.origin : 'what is no URL'
  throw new SourceError(
    `${shown(from)} ${how} to ${where}: another server does not get this one’s login. If that is where it is now, name it in the configuration`,
  )
}

/** Parameters may be secrets. */
export const shown = ({ origin, pathname }: URL): string => origin + pathname

async function read(response: Response, url: URL, mostBytes: number, nowMs: number): Promise<Answer> {
  const { status, headers } = response
  if (status === NOT_MODIFIED) return { url, headers, text: null, bytes: 0 }
  if (status !== 200) {
    await response.body?.cancel()
    throw new SourceError(`${shown(url)} answered ${status}${meaningOf(status)}`, {
      retryAfterMs: retryMs(headers, nowMs),
    })
  }
  const bytes = await readAtMost(response, mostBytes).catch((error) => {
    throw error instanceof SourceError
      ? error
      : new SourceError(`The answer of ${shown(url)} broke off`, { cause: error })
  })
  if (bytes === null) throw new SourceError(`${shown(url)} answered with more than ${mostBytes} bytes (maxBytes)`)
  return { url, headers, text: new TextDecoder().decode(bytes), bytes: bytes.length }
}

function meaningOf(status: number): string {
  if (status === 401 || status === 403) return ': it refuses the login (authorization)'
  if (status === 404) return ': there is nothing at this URL'
  if (status === 429) return ': it is asked too often (intervalMs)'
  return ''
}

function unreachable(url: URL, cause: unknown): Error {
  const code = systemCode(cause)
  return new SourceError(`${shown(url)} cannot be reached${code === null ? '' : ` (${code})`}`, { cause })
}
