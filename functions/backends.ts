import { createRoute, z } from '@hono/zod-openapi'
import { backendState } from '../shared/backends/backend-record.ts'
import { BackendName, BackendSettings } from '../shared/domain/backend.ts'
import { AppError } from '../shared/errors.ts'
import { guardedFailures } from './access.ts'
import { actorOf } from './actor.ts'
import { json } from './answer.ts'
import type { App } from './app-env.ts'
import {
  BackendPage,
  BackendPutAnswer,
  backendAnswerOf,
  backendAnswers,
  backendMessage,
  OneBackend,
} from './backend-answer.ts'
import type { Deps } from './deps.ts'
import {
  CONDITIONAL_CREATION,
  conditional,
  conditionalRead,
  etagOf,
  okTagged,
  preconditionsOf,
  tagged,
} from './etag.ts'
import { afterOf, cursorOf, Paging } from './paging.ts'
import { UNCHANGED, waitOf } from './put-answer.ts'
import { body, Message, ok, onlyCredentials } from './schemas.ts'

const BackendPath = z.object({ name: BackendName })

/** Backends of the gateway: those that providers tell of, and those that are put by hand. */
export function backendRoutes(app: App, { services: { backends, gateway }, access, clientAddress }: Deps): void {
  const tags = ['Backends']
  const readers = access('administrators, also read-only ones')

  const list = createRoute({
    ...readers,
    method: 'get',
    path: '/api/backends',
    tags,
    summary: 'All backends, by their providers and names',
    request: { query: Paging },
    responses: { 200: ok('A page of them', BackendPage), ...guardedFailures('INVALID_INPUT') },
  })
  app.openapi(list, async (c) => {
    const { limit, cursor } = c.req.valid('query')
    const page = await backends.page({ after: afterOf('backends', cursor), limit })
    const answers = await backendAnswers(page.records, gateway)
    return json(c, { success: true as const, backends: answers, cursor: cursorOf('backends', page.next) }, 200)
  })

  const read = createRoute({
    ...readers,
    method: 'get',
    path: '/api/backends/{name}',
    tags,
    summary: 'One backend; of several that have this name the one that is served',
    request: { params: BackendPath, ...conditionalRead },
    responses: {
      ...okTagged('It', OneBackend),
      ...guardedFailures('INVALID_INPUT', 'BACKEND_NOT_FOUND', 'PRECONDITION_FAILED'),
    },
  })
  app.openapi(read, async (c) => {
    const { name } = c.req.valid('param')
    const record = await backends.find(name)
    if (!record) throw new AppError('BACKEND_NOT_FOUND', `There is no backend ${name}`)
    const backend = await backendAnswerOf(record, gateway)
    return tagged(c, { success: true as const, backend }, backendState(record))
  })

  const put = createRoute({
    ...access('administrators'),
    method: 'put',
    path: '/api/backends/{name}',
    tags,
    summary: 'A backend that is put by hand: a new one, or all that it said before is replaced',
    request: {
      params: BackendPath,
      headers: z.object({ prefer: z.string().optional().openapi({ example: 'wait=10' }), ...CONDITIONAL_CREATION }),
      ...body(BackendSettings),
    },
    responses: {
      201: ok('It is new', BackendPutAnswer),
      200: ok('It was there, and says this now', BackendPutAnswer),
      202: ok('It is accepted; no data plane can be reached', BackendPutAnswer),
      ...guardedFailures(
        'INVALID_INPUT',
        'TARGET_REFUSED',
        'REJECTED_BY_HAPROXY',
        'RESOLVER_UNAVAILABLE',
        'PRECONDITION_FAILED',
      ),
    },
  })
  app.openapi(put, async (c) => {
    const { name } = c.req.valid('param')
    const { did, record, outcome } = await backends.put(
      { name, ...c.req.valid('json') },
      actorOf(c, clientAddress(c)),
      {
        ...waitOf(c),
        preconditions: preconditionsOf(c),
      },
    )
    const backend = await backendAnswerOf(record, gateway)
    const answer: z.infer<typeof BackendPutAnswer> = {
      success: true,
      message: backendMessage(backend, did),
      backend,
      status: backend.status,
      applied: outcome?.applied ?? UNCHANGED,
    }
    const status = outcome?.status === 'pending' ? 202 : did === 'created' ? 201 : 200
    return json(c, answer, status, { etag: etagOf(backendState(record)) })
  })

  const remove = createRoute({
    ...access('administrators'),
    method: 'delete',
    path: '/api/backends/{name}',
    tags,
    summary: 'Nothing is served by it from the moment of the answer. Only what was put by hand',
    request: { params: BackendPath, ...conditional, ...onlyCredentials },
    responses: {
      200: ok('Removed', Message),
      ...guardedFailures('INVALID_INPUT', 'BACKEND_NOT_FOUND', 'BACKEND_IS_PROVIDED', 'PRECONDITION_FAILED'),
    },
  })
  app.openapi(remove, async (c) => {
    const { name } = c.req.valid('param')
    await backends.remove(name, actorOf(c, clientAddress(c)), { preconditions: preconditionsOf(c) })
    return json(c, { success: true as const, message: `The backend ${name} is removed` }, 200)
  })
}
