import { createExecutionContext, createScheduledController, waitOnExecutionContext } from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import { expect, it } from 'vitest'
import worker from '../../functions/worker.ts'

/** Each request has a context of its own, as in production: what one made, another may not use. */
async function request(path: string, init?: RequestInit): Promise<Response> {
  const context = createExecutionContext()
  const response = await worker.fetch(
    new Request<unknown, IncomingRequestCfProperties>(
      `https://front.example.com${path}`,
      init as RequestInit<IncomingRequestCfProperties>,
    ),
    env,
    context,
  )
  await waitOnExecutionContext(context)
  return response
}

it('answers its health from the object’s store, request after request', async () => {
  for (let i = 0; i < 3; i++) {
    const response = await request('/api/health')
    expect(await response.json()).toMatchObject({ success: true, checks: { store: 'ok' } })
    expect(response.headers.get('x-request-id')).toMatch(/^[\w-]{8,}$/)
  }
})

it('keeps the conventions', async () => {
  const response = await request('/api/health', { method: 'DELETE' })
  expect(response.status).toBe(405)
  expect(response.headers.get('allow')).toBe('GET, HEAD')
  expect(await response.json()).toMatchObject({ success: false, code: 'METHOD_NOT_ALLOWED' })
})

it('serves the docs page and its viewer, and no other file', async () => {
  expect(await (await request('/api/docs')).text()).toContain('/api/docs/swagger-ui-bundle.js')
  expect((await (await request('/api/docs/swagger-ui-bundle.js')).text()).length).toBeGreaterThan(500_000)
  expect((await request('/swagger-ui-bundle.js')).status).toBe(404)
})

it('finishes at its cron what was cut off', async () => {
  await expect(worker.scheduled(createScheduledController(), env)).resolves.toBeUndefined()
})
