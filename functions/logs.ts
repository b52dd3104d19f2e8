import { createRoute, z } from '@hono/zod-openapi'
import type { Context } from 'hono'
import type { LogFilter } from '../shared/access-log/entry.ts'
import { AgentId } from '../shared/domain/agent.ts'
import { guardedFailures } from './access.ts'
import { json } from './answer.ts'
import type { App, AppEnv } from './app-env.ts'
import type { Deps } from './deps.ts'
import { assertHas } from './lacks.ts'
import { LogLine, LogLines } from './log-answer.ts'
import { limit } from './paging.ts'
import { okOrStream } from './schemas.ts'
import { streamEvents } from './sse.ts'
import type { SseStream } from './sse-stream.ts'
import { encodeEvent } from './sse-text.ts'
import { ownerAskedFor, RouteId } from './traffic-query.ts'

const LINES = 100
const STATUS = /^(?:[1-5]xx|[1-5]\d\d)$/

const LogQuery = z.strictObject({
  agentId: AgentId.optional().openapi({ description: 'Only lines of its routes; an agent sees no others anyway' }),
  route: RouteId.optional(),
  host: z
    .string()
    .max(255)
    .regex(/^[a-z0-9.-]+$/, 'must be a host name in lower case')
    .optional()
    .openapi({ example: 'shop.apps.example.com' }),
  status: z
    .string()
    .regex(STATUS, 'must be a status such as 404, or a class such as 5xx')
    .optional()
    .openapi({ description: 'Only answers with this status, or of this class', example: '5xx' }),
  limit: limit.optional().openapi({
    type: 'integer',
    minimum: 1,
    maximum: 1_000,
    description: `How many at most, ${LINES} if not given. In a stream: how many of the newest come first, none if not given`,
  }),
  follow: z
    .enum(['true', 'false'], 'must be true or false')
    .optional()
    .openapi({ description: 'true: a stream of what comes, as with Accept: text/event-stream' }),
})
type LogQuery = z.infer<typeof LogQuery>

const EXAMPLE = [
  'retry: 2000\n',
  'event: line\ndata: {"at":"2030-01-01T00:00:00.000Z","node":"local","kind":"http","route":"vps-1.0f1e2d3c4b5a69788f","agentId":"vps-1","client":"203.0.113.9","tls":true,"protocol":2,"method":"GET","host":"shop.apps.example.com","path":"/","status":200,"ms":12,"bytes":512,"backend":"front_lane","end":"--"}\n',
  'event: dropped\ndata: {"lines":120}\n\n',
].join('\n')

/** The newest lines of HAProxy's access log, and those that come. */
export function logRoutes(
  app: App,
  { services: { accessLog, events }, metrics, access, lacks, isThroughHaproxy }: Deps,
): void {
  const onCutOff = () => metrics.registry.add('front_event_streams_cut_off_total')
  const read = createRoute({
    ...access('administrators, also read-only ones, and each agent for its own', ownerAskedFor),
    method: 'get',
    path: '/api/logs',
    tags: ['Traffic'],
    summary: 'The newest lines of the access log, or a stream of those that come; an agent sees its own',
    description:
      'A stream has an event `line` for each line, and `dropped` where more came than can be read. A reader that is too slow is cut off.',
    request: { query: LogQuery },
    responses: {
      200: okOrStream('They, the newest first', LogLines, { schema: LogLine, example: EXAMPLE }),
      ...guardedFailures('INVALID_INPUT', 'NOT_SUPPORTED', 'NOT_READY'),
    },
  })
  app.openapi(read, async (c) => {
    assertHas(lacks, 'logs')
    const query = c.req.valid('query')
    const filter = filterOf(c, query)
    if (!wantsStream(c, query)) {
      const lines = accessLog.newest(filter, query.limit ?? LINES)
      return json(c, { success: true as const, lines, dropped: accessLog.counts.dropped }, 200)
    }
    const start = (stream: SseStream) => {
      for (const entry of accessLog.newest(filter, query.limit ?? 0).reverse()) stream.send(lineEvent(entry))
      const leave = accessLog.follow(filter, {
        line: (entry) => stream.send(lineEvent(entry)),
        dropped: (lines) => stream.send(encodeEvent({ event: 'dropped', data: JSON.stringify({ lines }) })),
      })
      stream.signal.addEventListener('abort', leave, { once: true })
    }
    if (c.req.method === 'HEAD') return streamEvents(c, () => undefined)
    const stay = events.stay(c.get('principal'), { isThroughHaproxy: isThroughHaproxy(c) })
    return streamEvents(
      c,
      (stream) => {
        stay(stream)
        start(stream)
      },
      { first: FIRST, onCutOff },
    )
  })
}

const RETRY_MS = 2_000
const FIRST = encodeEvent({ retryMs: RETRY_MS })

const lineEvent = (entry: z.infer<typeof LogLine>) => encodeEvent({ event: 'line', data: JSON.stringify(entry) })

const wantsStream = (c: Context<AppEnv>, { follow }: LogQuery): boolean =>
  follow === undefined ? /^\s*text\/event-stream\b/.test(c.req.header('accept') ?? '') : follow === 'true'

function filterOf(c: Context<AppEnv>, { agentId, route, host, status }: LogQuery): LogFilter {
  const principal = c.get('principal')
  const own =
    principal.kind === 'agent' ? { agentId: principal.agentId, since: principal.agent.createdAt } : { agentId }
  return { ...own, route, host, status: status === undefined ? undefined : statusesOf(status) }
}

const statusesOf = (text: string) => ({
  first: Number(text.replace('xx', '00')),
  last: Number(text.replace('xx', '99')),
})
