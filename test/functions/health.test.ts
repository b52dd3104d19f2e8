import { expect, it } from 'vitest'
import { harness } from '../harness.ts'

it.each(['/api/health', '/api/health/ready'])(
  '%s is 503 while the store does not answer, and says so',
  async (path) => {
    const { app, deps, logged } = harness()
    expect((await app.request(path)).status).toBe(200)

    deps.kv.list = () => Promise.reject(new Error('connect ECONNREFUSED 10.0.0.7:2379'))
    const response = await app.request(path)
    expect(response.status).toBe(503)
    expect(await response.json()).toEqual({
      success: false,
      error: 'The store does not answer',
      code: 'NOT_READY',
      details: ['store: down'],
    })
    expect(logged.find((line) => line.level === 'error')).toMatchObject({
      error: { message: expect.stringContaining('ECONNREFUSED') },
    })
    expect((await app.request('/api/health/live')).status).toBe(200)
  },
)
