import { httpFailure } from './failure.ts'
import { type Credentials, type Post, withLogin } from './login.ts'

export interface TransportOptions {
  fetch: typeof globalThis.fetch
  credentials?: Credentials | undefined
}

/** One request to one member, without a second try. */
export interface Transport {
  ask<T>(endpoint: string, path: string, body: string, limitMs: number): Promise<T>
  /** The answer's body as it comes, until the signal is aborted. */
  stream(endpoint: string, path: string, body: string, signal: AbortSignal): Promise<ReadableStream<Uint8Array>>
}

const HEADERS = { 'Content-Type': 'application/json' }
/** Makes a member that has lost its leader end the stream, where it would stay silent. */
const STREAM_HEADERS = { ...HEADERS, 'Grpc-Metadata-hasleader': 'true' }

export function createTransport({ fetch, credentials }: TransportOptions): Transport {
  const plainPost: Post = async (url, headers, body, signal) => {
    const response = await fetch(url, { method: 'POST', headers, body, signal })
    if (response.ok) return response
    throw await httpFailure(response)
  }
  const post = credentials ? withLogin(credentials, plainPost) : plainPost

  return {
    async ask<T>(endpoint: string, path: string, body: string, limitMs: number): Promise<T> {
      const response = await post(endpoint + path, HEADERS, body, AbortSignal.timeout(limitMs))
      return (await response.json()) as T
    },

    async stream(endpoint, path, body, signal) {
      const response = await post(endpoint + path, STREAM_HEADERS, body, signal)
      if (!response.body) throw new Error('an answer without a body')
      return response.body
    },
  }
}
