import type { Calls, LogLine } from './api.ts'
import type { Caller, CallOptions, Gives } from './call.ts'
import type { EventStreams } from './event-streams.ts'

type LogFilter = Pick<NonNullable<Calls['listLogLines']['takes']['query']>, 'route' | 'host' | 'status' | 'limit'>

/** What passed through HAProxy for the agent's routes. */
export interface TrafficCalls {
  stats(query?: { route?: string; limit?: number; cursor?: string }, options?: CallOptions): Gives<'listStats'>
  /** The newest lines of the access log, newest first. */
  logs(filter?: LogFilter, options?: CallOptions): Gives<'listLogLines'>
  /** Those that come, after the last `limit`; it goes on when a connection breaks, and ends with the signal. */
  followLogs(filter: LogFilter, options: { signal: AbortSignal }): AsyncGenerator<LogLine>
}

export function trafficCalls({ call }: Caller, streams: EventStreams): TrafficCalls {
  return {
    stats: (query, options) => call('listStats', { query: { ...query } }, options),
    logs: (filter, options) => call('listLogLines', { query: { ...filter } }, options),
    async *followLogs({ limit = 0, ...filter }, { signal }) {
      let left = limit
      const query = () => {
        const asked = { ...filter, follow: 'true', ...(left > 0 && { limit: left }) }
        // What came before a break was shown.
        left = 0
        return asked
      }
      for await (const { event, data } of streams.follow('/api/logs', { query, signal })) {
        if (event === 'line') yield data as LogLine
      }
    },
  }
}
