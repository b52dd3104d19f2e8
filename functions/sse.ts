import type { Context } from 'hono'
import { answer } from './answer.ts'
import type { AppEnv } from './app-env.ts'
import { createSseStream, type SseStream, type SseStreamOptions } from './sse-stream.ts'

/** Nothing on the way may keep events until there are more of them. */
const HEADERS = { 'cache-control': 'no-store, no-transform', 'x-accel-buffering': 'no' }

/** Answers with a stream of events. `start` begins to send; it is not called for HEAD, which gets the headers alone. */
export function streamEvents(
  c: Context<AppEnv>,
  start: (stream: SseStream) => void,
  options: Omit<SseStreamOptions, 'abandon'> = {},
): Response {
  if (c.req.method === 'HEAD') return answer(c, null, 200, 'text/event-stream', HEADERS)
  const stream = createSseStream({ ...options, abandon: connectionEnd(c) })
  start(stream)
  return answer(c, stream.body, 200, 'text/event-stream', HEADERS)
}

/** On Node the connection itself: an error in the body would be printed. */
function connectionEnd(c: Context<AppEnv>): SseStreamOptions['abandon'] {
  const { outgoing } = c.env as { outgoing?: { destroy(): void } }
  return outgoing && (() => outgoing.destroy())
}
