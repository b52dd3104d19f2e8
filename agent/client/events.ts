import type { StreamedEvent } from './api.ts'
import type { EventStreams } from './event-streams.ts'

export interface EventOptions {
  signal: AbortSignal
  /** Only events of these kinds. */
  types?: ('route' | 'agent' | 'certificate')[]
  /** Goes on behind the event with this id; without it the stream begins now. */
  lastEventId?: string | undefined
  /** Called each time that the stream stands. What has no id may have been missed before: read it anew. */
  opened?: () => void
  /** Called when the stream broke, before it is opened again. */
  broken?: (error: unknown) => void
  /** How it waits before it is opened again; who knows that the front is back can end that early. */
  pause?: (ms: number, signal: AbortSignal) => Promise<void>
}

export interface EventCalls {
  /**
   * What changes, as it changes. After a broken connection it goes on where it was, for as long as the signal lets it; what
   * the front refuses for good is thrown.
   */
  events(options: EventOptions): AsyncGenerator<StreamedEvent>
}

export const eventCalls = (streams: EventStreams): EventCalls => ({
  async *events({ types, ...options }) {
    const query = () => ({ types: types?.join(',') })
    for await (const event of streams.follow('/api/events', { ...options, query })) yield event as StreamedEvent
  },
})
