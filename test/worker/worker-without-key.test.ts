import { createExecutionContext } from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import { expect, it } from 'vitest'
import worker from '../../functions/worker.ts'

it('says what is missing, and starts once it is there', async () => {
  const request = () => new Request<unknown, IncomingRequestCfProperties>('https://front.example.com/api/health')
  const response = await worker.fetch(request(), { ...env, SECRET_KEY: '' }, createExecutionContext())
  expect(response.status).toBe(503)
  expect(await response.json()).toEqual({
    success: false,
    error: 'SECRET_KEY is not set: type "npx wrangler secret put SECRET_KEY"',
    code: 'NOT_READY',
  })
  expect((await worker.fetch(request(), env, createExecutionContext())).status).toBe(200)
})
