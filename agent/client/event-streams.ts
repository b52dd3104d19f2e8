import { sleep } from '../../shared/lib/sleep.ts'
import type { Ask } from './ask.ts'
import type { Caller } from './call.ts'
import { isPassing } from './front-error.ts'
import { backOffMs, pauseAfter } from './retry.ts'
import { begin } from './send.ts'
import { readMessages } from './sse.ts'

interface FollowOptions {
  signal: AbortSignal
  /** Asked for before each connection. */
  query: () => Record<string, unknown>
  lastEventId?: string | undefined
  opened?: (() => void) | undefined
  broken?: ((error: unknown) => void) | undefined
  pause?: ((ms: number, signal: AbortSignal) => Promise<void>) | undefined
}

interface StreamedMessage {
  id?: string
  event: string
  data: unknown
}

/** Streams of Server-Sent Events that go on when a connection ends. */
export interface EventStreams {
  follow(path: string, options: FollowOptions): AsyncGenerator<StreamedMessage>
}

/** The front says something every 15 seconds. */
const SILENCE_MS = 50_000
const OPENING_MS = 15_000

interface StreamOptions {
  ask: Ask
  random: () => number
}

export function createEventStreams({ authorized, urlOf }: Caller, { ask, random }: StreamOptions): EventStreams {
  const open = (path: string, { signal, query }: FollowOptions, lastEventId: string | undefined) =>
    authorized({ signal }, (headers) => {
      const accept = { accept: 'text/event-stream', ...(lastEventId !== undefined && { 'last-event-id': lastEventId }) }
      const url = urlOf(path, { query: query() })
      return begin(
        ask,
        { method: 'GET', url, headers: { ...accept, ...headers }, timeoutMs: OPENING_MS, signal },
        signal,
      )
    })

  return {
    async *follow(path, options) {
      const { signal, pause = sleep } = options
      let lastEventId = options.lastEventId
      for (let failures = 0; !signal.aborted; failures++) {
        let error: unknown = null
        try {
          // One connection has its own end, so that silence ends it alone.
          const connection = new AbortController()
          const both = AbortSignal.any([signal, connection.signal])
          const opening = setTimeout(() => connection.abort(new Error('it was not answered')), OPENING_MS)
          const { body } = await open(path, { ...options, signal: both }, lastEventId).finally(() =>
            clearTimeout(opening),
          )
          if (!body) continue
          options.opened?.()
          for await (const { id, event, data } of readMessages(body, { signal, silenceMs: SILENCE_MS })) {
            failures = 0
            if (id !== undefined) lastEventId = id
            if (event !== undefined) yield { ...(id !== undefined && { id }), event, data: JSON.parse(data) }
          }
        } catch (caught) {
          if (signal.aborted) return
          if (!isPassing(caught)) throw caught
          error = caught
        }
        if (signal.aborted) return
        options.broken?.(error)
        await pause(pauseAfter(error, failures, random) ?? backOffMs(failures, random), signal)
      }
    },
  }
}
