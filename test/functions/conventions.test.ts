import { createRoute, z } from '@hono/zod-openapi'
import { describe, expect, it } from 'vitest'
import { json } from '../../functions/answer.ts'
import { ADMIN_TOKEN, ENROLLMENT_TOKEN, harness } from '../harness.ts'

const Body = z.strictObject({ name: z.string().min(2), list: z.array(z.strictObject({ port: z.int() })).optional() })

/** The app with one route of each kind of trouble. */
async function withRoutes() {
  const made = await harness()
  const request = { body: { required: true, content: { 'application/json': { schema: Body } } } }
  made.app.openapi(
    createRoute({ method: 'post', path: '/api/things', request, responses: { 200: { description: '' } } }),
    (c) => json(c, { success: true, ...c.req.valid('json') }, 200),
  )
  made.app.delete('/api/things', (c) => json(c, { success: true, deleted: true }, 200))
  made.app.get('/api/broken', () => {
    throw new Error('the password is hunter2')
  })
  return made
}

const post = (body: string | Blob, headers: Record<string, string> = { 'content-type': 'application/json' }) => ({
  method: 'POST',
  body,
  headers,
})

describe('every answer', () => {
  it.each([
    ['/api/health/live', 200],
    ['/api/health', 200],
    ['/api/openapi.json', 200],
    ['/api/docs', 200],
    ['/api/docs/start.js', 200],
    ['/api/docs/swagger-ui.css', 200],
    ['/', 302],
    ['/nothing', 404],
    ['/api/broken', 500],
  ])('%s is protected and named', async (path, status) => {
    const response = await (await withRoutes()).app.request(path)
    expect(response.status).toBe(status)
    expect(response.headers.get('x-request-id')).toMatch(/^request-\d+-1$/)
    expect(response.headers.get('x-content-type-options')).toBe('nosniff')
    expect(response.headers.get('content-security-policy')).toContain("default-src 'none'")
    expect(response.headers.get('cache-control')).not.toBeNull()
  })

  it('ends with its line, so that a terminal goes on below it', async () => {
    const { app } = await withRoutes()
    for (const path of ['/api/health', '/nothing', '/api/broken'])
      expect(await (await app.request(path)).text()).toMatch(/\}\n$/)
  })

  it('carries the request id that the client sent, if it is one', async () => {
    const { app } = await harness()
    const idOf = async (id: string) =>
      (await app.request('/api/health', { headers: { 'x-request-id': id } })).headers.get('x-request-id')
    expect(await idOf('trace-0123456789')).toBe('trace-0123456789')
    expect(await idOf('short')).toMatch(/^request-\d+-1$/)
    expect(await idOf('x'.repeat(65))).toMatch(/^request-\d+-2$/)
    expect(await idOf('<script>alert(1)</script>')).toMatch(/^request-\d+-3$/)
  })

  it('is in the log, without the query', async () => {
    const { app, logged } = await harness()
    await app.request('/api/health/live?token=secret')
    expect(logged).toEqual([
      expect.objectContaining({
        msg: 'request',
        method: 'GET',
        path: '/api/health/live',
        status: 200,
        requestId: expect.stringMatching(/^request-\d+-1$/),
      }),
    ])
  })
})

describe('what does not fit', () => {
  it.each<[string, string, RequestInit, number, string]>([
    ['an unknown path', '/api/nothing', {}, 404, 'NOT_FOUND'],
    ['a path that is only a prefix', '/api', {}, 404, 'NOT_FOUND'],
    ['a method that is not declared', '/api/health', { method: 'PUT' }, 405, 'METHOD_NOT_ALLOWED'],
    ['a method that nobody knows', '/api/health', { method: 'PROPFIND' }, 405, 'METHOD_NOT_ALLOWED'],
    ['malformed JSON', '/api/things', post('{"name": '), 400, 'MALFORMED_JSON'],
    ['JSON after JSON', '/api/things', post('{"name":"ab"}{}'), 400, 'MALFORMED_JSON'],
    ['a name that stands twice', '/api/things', post('{"name":"ab","name":"cd"}'), 400, 'MALFORMED_JSON'],
    [
      'a name that stands twice, once escaped',
      '/api/things',
      post('{"name":"ab","n\\u0061me":"cd"}'),
      400,
      'MALFORMED_JSON',
    ],
    [
      'a wrong content type',
      '/api/things',
      post('name=ab', { 'content-type': 'application/x-www-form-urlencoded' }),
      415,
      'UNSUPPORTED_MEDIA_TYPE',
    ],
    ['no content type', '/api/things', post(new Blob(['{"name":"ab"}']), {}), 415, 'UNSUPPORTED_MEDIA_TYPE'],
    [
      'another type without a body',
      '/api/things',
      { method: 'POST', headers: { 'content-type': 'text/plain' } },
      415,
      'UNSUPPORTED_MEDIA_TYPE',
    ],
    [
      'a type that is nearly JSON',
      '/api/things',
      post('{"name":"ab"}', { 'content-type': 'application/json; charset' }),
      415,
      'UNSUPPORTED_MEDIA_TYPE',
    ],
    ['a body too large', '/api/things', post(`{"name":"${'x'.repeat(1_100_000)}"}`), 413, 'BODY_TOO_LARGE'],
    ['an empty body', '/api/things', post(''), 400, 'INVALID_INPUT'],
    ['a missing field', '/api/things', post('{}'), 400, 'INVALID_INPUT'],
    ['an unknown field', '/api/things', post('{"name":"ab","nmae":"ab"}'), 400, 'INVALID_INPUT'],
    ['a prototype key', '/api/things', post('{"name":"ab","__proto__":{"admin":true}}'), 400, 'INVALID_INPUT'],
    ['a list for an object', '/api/things', post('[]'), 400, 'INVALID_INPUT'],
    ['null', '/api/things', post('null'), 400, 'INVALID_INPUT'],
  ])('%s is refused in JSON', async (_, path, init, status, code) => {
    const response = await (await withRoutes()).app.request(path, init)
    expect(await response.json()).toMatchObject({ success: false, code, error: expect.stringMatching(/\w{2}/) })
    expect(response.status).toBe(status)
    expect(response.headers.get('content-type')).toBe('application/json')
  })

  it('names the methods that a path takes', async () => {
    const { app } = await withRoutes()
    expect((await app.request('/api/things', { method: 'PATCH' })).headers.get('allow')).toBe('POST, DELETE')
    expect((await app.request('/api/health', { method: 'POST' })).headers.get('allow')).toBe('GET, HEAD')
    expect((await app.request('/api/agents/register', { method: 'PUT' })).headers.get('allow')).toBe('POST')
    expect((await app.request('/api/agents/vps-1', { method: 'PUT' })).headers.get('allow')).toBe(
      'GET, PATCH, DELETE, HEAD',
    )
  })

  it('names each thing that is wrong by its place', async () => {
    const response = await (await withRoutes()).app.request(
      '/api/things',
      post('{"list":[{"port":1},{"port":"x","y":1}],"Name":"ab"}'),
    )
    const { details } = (await response.json()) as { details: string[] }
    expect(details).toEqual([
      expect.stringContaining('body.name: '),
      expect.stringContaining('body.list[1].port: '),
      'body.list[1]: unknown field "y"',
      'body: unknown field "Name"',
    ])
  })

  it('tells the log what went wrong inside, and the caller nothing', async () => {
    const { app, logged } = await withRoutes()
    const response = await app.request('/api/broken')
    expect(await response.text()).not.toContain('hunter2')
    expect(logged[0]).toMatchObject({
      level: 'error',
      requestId: expect.stringMatching(/^request-\d+-1$/),
      error: { message: 'the password is hunter2' },
    })
  })
})

it('takes a write without a body, also where a type is set', async () => {
  const front = await harness()
  const register = { agentId: 'vps-1', agentKey: 'a-key-of-the-first-agent', targetIp: '203.0.113.7' }
  await front.call('POST', '/api/agents/register', { token: ENROLLMENT_TOKEN, body: register })
  for (const type of [undefined, 'application/json']) {
    const headers: Record<string, string> = type ? { 'content-type': type } : {}
    const { status } = await front.call('POST', '/api/agents/vps-1/revoke', { token: ADMIN_TOKEN, headers })
    expect([type, status]).toEqual([type, 200])
  }
  expect(await (await (await withRoutes()).app.request('/api/things', { method: 'DELETE' })).json()).toEqual({
    success: true,
    deleted: true,
  })
})

it('describes itself in the OpenAPI document', async () => {
  const document = await (await (await harness()).app.request('/api/openapi.json')).json()
  expect(document).toMatchObject({
    openapi: '3.1.0',
    info: { version: '0.0.0-test' },
    paths: {
      '/api/health': { get: { responses: { 200: {}, 503: {} } } },
      '/api/health/live': {},
      '/api/health/ready': {},
    },
  })
})

it('gives patterns that other languages can read', async () => {
  const text = await (await (await harness()).app.request('/api/openapi.json')).text()
  const patterns = [...text.matchAll(/"pattern":("(?:[^"\\]|\\.)*")/g)].map(([, pattern = '']) => JSON.parse(pattern))
  expect(patterns.length).toBeGreaterThan(5)
  for (const pattern of patterns) expect(pattern).toMatch(/^\^.*\$$/s)
})
