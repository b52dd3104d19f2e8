import { z } from 'zod'
import { readLines } from '../../lib/read-lines.ts'
import { SourceError, systemCode } from '../source-error.ts'
import { Container, DockerEvent, EVENTS } from './api.ts'
import { PREFIX } from './labels.ts'

export interface DockerClientOptions {
  /** What Docker is called in messages: its socket or its address. */
  name: string
  /** Before each path. Default `http://docker`, for a fetch that knows how to get there. */
  origin?: string | undefined
  fetch: (request: Request) => Promise<Response>
  /** For an answer to begin. Default 10,000. */
  timeoutMs?: number
}

export interface DockerClient {
  /** Those with the front's label, also those that do not run. */
  containers(signal: AbortSignal): Promise<Container[]>
  /** What has happened since then and happens, until the signal is aborted or the connection ends. */
  events(sinceMs: number, signal: AbortSignal): Promise<AsyncIterable<DockerEvent>>
}

/** The newest version of the API that is known here; an older Docker is spoken to in its own. */
const NEWEST = [1, 52] as const

export function createDockerClient({
  name,
  origin = 'http://docker',
  fetch,
  timeoutMs = 10_000,
}: DockerClientOptions): DockerClient {
  let version: string | undefined

  const ask = async (path: string, parameters: Record<string, string>, signal: AbortSignal): Promise<Response> => {
    const late = new AbortController()
    const timer = setTimeout(() => late.abort(new DOMException('', 'TimeoutError')), timeoutMs)
    const request = new Request(`${origin}${path}?${new URLSearchParams(parameters)}`, {
      signal: AbortSignal.any([signal, late.signal]),
    })
    const response = await fetch(request)
      .catch((error) => {
        throw late.signal.aborted ? new SourceError(`Docker at ${name} does not answer`) : unreachable(name, error)
      })
      .finally(() => clearTimeout(timer))
    if (response.ok) return response
    version = undefined
    throw new SourceError(`Docker at ${name} answered ${response.status}: ${await reasonIn(response)}`)
  }

  const call = async (path: string, parameters: Record<string, string>, signal: AbortSignal) => {
    version ??= versionFor((await ask('/_ping', {}, signal)).headers.get('api-version'))
    return ask(`/v${version}${path}`, parameters, signal)
  }

  return {
    async containers(signal) {
      const filters = JSON.stringify({ label: [`${PREFIX}backend`] })
      const response = await call('/containers/json', { all: 'true', filters }, signal)
      const parsed = z.array(Container).safeParse(await response.json().catch(() => null))
      if (parsed.success) return parsed.data
      throw new SourceError(`Docker at ${name} answered with what is no list of containers`)
    },

    async events(sinceMs, signal) {
      const since = (sinceMs / 1_000).toFixed(3)
      const { body } = await call('/events', { since, filters: JSON.stringify(EVENTS) }, signal)
      return eventsIn(body ?? new Blob([]).stream(), signal)
    },
  }
}

async function* eventsIn(body: ReadableStream<Uint8Array>, signal: AbortSignal): AsyncGenerator<DockerEvent> {
  for await (const line of readLines(body, signal)) {
    if (line.trim() === '') continue
    const event = DockerEvent.safeParse(JSON.parse(line))
    if (event.success) yield event.data
  }
}

function versionFor(theirs: string | null): string {
  const newest = NEWEST.join('.')
  const [major = 0, minor = 0] = (theirs ?? newest).split('.').map(Number)
  return major > NEWEST[0] || (major === NEWEST[0] && minor >= NEWEST[1]) ? newest : `${major}.${minor}`
}

async function reasonIn(response: Response): Promise<string> {
  const text = await response.text().catch(() => '')
  try {
    return z.object({ message: z.string() }).parse(JSON.parse(text)).message
  } catch {
    return 'it gives no reason'
  }
}

function unreachable(name: string, cause: unknown): Error {
  const code = systemCode(cause)
  if (code === 'EACCES')
    return new SourceError(
      `The Docker socket ${name} may not be used by the front’s user: add it to the group docker, and start the front again`,
      { cause },
    )
  if (code === 'ENOENT')
    return new SourceError(`There is no Docker socket ${name}: see that Docker runs, or name its socket (socket)`, {
      cause,
    })
  return new SourceError(`Docker at ${name} cannot be reached${code === null ? '' : ` (${code})`}`, { cause })
}
