import { expect, it } from 'vitest'
import type { NodeState } from '../../shared/gateway/states.ts'
import { harness } from '../harness.ts'
import { fakeGateway } from '../support/fake-gateway.ts'

it.each(['/api/health', '/api/health/ready'])(
  '%s is 503 while the store does not answer, and says so',
  async (path) => {
    const { app, kv, logged } = await harness({ gateway: fakeGateway() })
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
  const { call, clock, maintain } = await harness({ gateway: fakeGateway() })
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

it.each([
  ['one of two does not answer', [true, false], 'some down', 200],
  ['none answers', [false], 'down', 503],
])('says of the data planes that %s', async (_, reachable, word, readyStatus) => {
  const gateway = fakeGateway()
  const [node] = await gateway.nodes()
  gateway.nodes = async () => reachable.map((each) => ({ ...(node as NodeState), reachable: each }))
  gateway.ready = async () => reachable.includes(true)
  const { call, maintain } = await harness({ gateway })
  await maintain()
  const { body } = await call('GET', '/api/health')
  expect(body).toMatchObject({ status: 'degraded', checks: { dataPlanes: word } })
  expect((await call('GET', '/api/health/ready')).status).toBe(readyStatus)
})
