import { once } from 'node:events'
import { type IncomingMessage, request } from 'node:http'
import { json, text } from 'node:stream/consumers'

/** Docker refused a call, in its own words. */
export class DockerError extends Error {
  readonly status: number

  constructor(message: string, status: number) {
    super(message)
    this.name = 'DockerError'
    this.status = status
  }
}

/** Nobody answers at the socket. */
export class NoDockerError extends Error {
  constructor(socket: string, cause: unknown) {
    super(
      `Docker does not answer at ${socket}: is it installed, does it run, and may the agent's user open the socket?`,
      {
        cause,
      },
    )
    this.name = 'NoDockerError'
  }
}

/** Docker's API, by its socket on this machine. */
export interface Docker {
  /** The answer's document; `undefined` where it has none. */
  call(method: string, path: string, body?: object): Promise<unknown>
  /** An answer that goes on. */
  stream(method: string, path: string, signal: AbortSignal): Promise<IncomingMessage>
}

export function createDocker(socketPath: string): Docker {
  const send = async (method: string, path: string, body?: object, signal?: AbortSignal): Promise<IncomingMessage> => {
    const payload = body === undefined ? undefined : JSON.stringify(body)
    const headers = payload === undefined ? {} : { 'content-type': 'application/json' }
    const sent = request({ socketPath, method, path, headers: { host: 'docker', ...headers }, signal, agent: false })
    sent.end(payload)
    const [answer] = (await once(sent, 'response').catch((cause) => {
      throw signal?.aborted ? cause : new NoDockerError(socketPath, cause)
    })) as [IncomingMessage]
    const status = answer.statusCode ?? 0
    // 304: it is so already.
    if (status < 400) return answer
    const { message = `answered ${status}` } = ((await json(answer).catch(() => ({}))) ?? {}) as { message?: string }
    throw new DockerError(message, status)
  }
  return {
    async call(method, path, body) {
      const told = await text(await send(method, path, body))
      return told === '' ? undefined : JSON.parse(told)
    },
    stream: (method, path, signal) => send(method, path, undefined, signal),
  }
}

export const isMissing = (error: unknown): boolean => error instanceof DockerError && error.status === 404
