import { expect, it } from 'vitest'
import { harness } from '../harness.ts'

it.each(['/api/health', '/api/health/ready'])(
  '%s is 503 while the store does not answer, and says so',
  async (path) => {
    const { app, kv, logged } = await harness()
    expect((await app.request(path)).status).toBe(200)

    kv.list = () => Promise.reject(new Error('connect ECONNREFUSED 10.0.0.7:2379'))
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

it('shows that a certificate will expire which should have been renewed', async () => {
  const { call, clock, maintain } = await harness()
  await maintain()
  expect((await call('GET', '/api/health')).body).toMatchObject({
    status: 'ok',
    checks: { store: 'ok', certificates: 'ok' },
  })
  // Nobody has looked after anything for almost the whole life of the edge certificate.
  clock.nowMs += 85 * 86_400_000
  expect((await call('GET', '/api/health')).body).toMatchObject({
    status: 'degraded',
    checks: { certificates: 'expiring' },
  })
  await maintain()
  expect((await call('GET', '/api/health')).body).toMatchObject({ status: 'ok', checks: { certificates: 'ok' } })
})
