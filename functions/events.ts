import { createRoute, z } from '@hono/zod-openapi'
import type { Context } from 'hono'
import { AgentId } from '../shared/domain/agent.ts'
import { AppError } from '../shared/errors.ts'
import { EVENT_KINDS, type EventKind } from '../shared/events/audience.ts'
import { formatPlace, type Place, parsePlace } from '../shared/events/place.ts'
import type { Reading, Sink } from '../shared/events/reading.ts'
import { guardedFailures } from './access.ts'
import type { App, AppEnv } from './app-env.ts'
import type { Deps } from './deps.ts'
import { StreamedEvent } from './event-answer.ts'
import { streamEvents } from './sse.ts'
import { encodeComment, encodeEvent } from './sse-text.ts'

const RETRY_MS = 2_000

const KINDS = `must be of ${EVENT_KINDS.join(', ')}, with commas between them`
const Types = z
  .string()
  .max(100)
  .transform((text) => text.split(','))
  .pipe(z.array(z.enum(EVENT_KINDS, KINDS)))
  .optional()
  .openapi({ type: 'string', description: 'Only events of these kinds', example: 'route,certificate' })

const EventQuery = z.strictObject({
  types: Types,
  agentId: AgentId.optional().openapi({ description: 'Only what is this agent’s' }),
  lastEventId: z
    .string()
    .max(32)
    .optional()
    .openapi({ description: 'For whom the header Last-Event-ID cannot be set; the header counts more' }),
})

const LastEventId = z.string().max(32).optional().openapi({ description: 'The id of the last event that you have' })

const EXAMPLE = [
  'retry: 2000\nid: 41\n',
  'id: 42\nevent: route.created\ndata: {"type":"http","id":"vps-1.0f1e2d3c4b5a69788f","agentId":"vps-1","domain":"shop.apps.example.com","options":{},"status":"pending","revision":1,"createdAt":"2030-01-01T00:00:00.000Z","updatedAt":"2030-01-01T00:00:00.000Z","subdomain":"shop","pathPrefix":null,"targetUrl":"http://203.0.113.7:3000"}\n',
  ': still here\n\n',
].join('\n')

/** What changes, as it changes. */
export function eventRoutes(app: App, { services: { events }, metrics, access, isThroughHaproxy }: Deps): void {
  const onCutOff = () => metrics.registry.add('front_event_streams_cut_off_total')
  const stream = createRoute({
    ...access('administrators, also read-only ones, and each agent for its own', whose),
    method: 'get',
    path: '/api/events',
    tags: ['Events'],
    summary: 'Server-Sent Events of what changes; an agent sees its own',
    description:
      'Goes on behind the event whose id `Last-Event-ID` names, on any front of the same store. Where that is too long ago, an event `reset` says so: read the lists again.',
    request: { query: EventQuery, headers: z.object({ 'last-event-id': LastEventId }) },
    responses: {
      200: {
        description: 'A stream that does not end by itself. The schema is that of one event',
        content: { 'text/event-stream': { schema: StreamedEvent, example: EXAMPLE } },
      },
      ...guardedFailures('INVALID_INPUT', 'NOT_READY', 'STORE_UNAVAILABLE'),
    },
  })
  app.openapi(stream, async (c) => {
    const { types, agentId, lastEventId } = c.req.valid('query')
    const from = placeOf(c.req.header('last-event-id') || lastEventId)
    if (c.req.method === 'HEAD') return streamEvents(c, () => undefined)
    const principal = c.get('principal')
    const owner = principal.kind === 'agent' ? principal.agentId : (agentId ?? null)
    const kinds = new Set<EventKind>(types ?? EVENT_KINDS)
    const admission = await events.admit({ principal, owner, kinds, from, isThroughHaproxy: isThroughHaproxy(c) })
    let reading: Reading | undefined
    let told = formatPlace(admission.place)
    const beat = () => {
      const place = formatPlace(reading?.place ?? admission.place)
      if (place === told) return STILL_HERE
      told = place
      return encodeEvent({ comment: ALIVE, id: place })
    }
    const start = (sink: Sink) => {
      reading = events.read(admission, sink)
    }
    return streamEvents(c, start, {
      first: encodeEvent({ retryMs: RETRY_MS, id: told }),
      beat,
      beatMs: events.beatMs,
      onCutOff,
    })
  })
}

const ALIVE = 'still here'
const STILL_HERE = encodeComment(ALIVE)

/** An agent that names nobody means itself. */
function whose(c: Context<AppEnv>): string | null {
  const principal = c.get('principal')
  return c.req.query('agentId') ?? (principal.kind === 'agent' ? principal.agentId : null)
}

function placeOf(id: string | undefined): Place | null {
  if (id === undefined || id === '') return null
  const place = parsePlace(id)
  if (place) return place
  throw new AppError(
    'INVALID_INPUT',
    'Last-Event-ID must be the id of an event, such as 42 or 42.3; without it the stream begins now',
  )
}
