import { expect, it } from 'vitest'
import type { Route } from '../../shared/domain/route-record.ts'
import { AppError } from '../../shared/errors.ts'
import type { Outcome } from '../../shared/gateway/gateway.ts'
import { answered, type GatewayStub, remoteGateway } from '../../shared/gateway/remote-gateway.ts'
import type { RouteState } from '../../shared/gateway/states.ts'

const MEGABYTE = 1024 * 1024
const LIVE: Outcome = { status: 'live', reason: null, applied: { via: 'runtime', why: 'an entry', steps: [] } }

/** Answers each status with the id that it was asked for, as its reason. */
const echo = (calls: string[]): Partial<GatewayStub> => ({
  async status(routes) {
    calls.push(routes)
    const asked = JSON.parse(routes) as Route[]
    return { ok: asked.map(({ id }): RouteState => ({ status: 'live', reason: id, steps: [] })) }
  },
})
const gatewayOver = (stub: Partial<GatewayStub>) => remoteGateway(() => stub as GatewayStub)
const routeOf = (id: string, size = 0) => ({ id, targetUrl: 'x'.repeat(size) }) as Route

it('asks once for many, and in parts only for what one message could not carry, in their order', async () => {
  const calls: string[] = []
  const gateway = gatewayOver(echo(calls))
  const ids = (states: RouteState[]) => states.map(({ reason }) => reason)
  const many = Array.from({ length: 1_000 }, (_, i) => `r${i}`)
  expect(ids(await gateway.status(many.map((id) => routeOf(id))))).toEqual(many)
  expect(calls).toHaveLength(1)

  const large = ['a', 'b', 'c', 'd', 'e']
  expect(ids(await gateway.status(large.map((id) => routeOf(id, 3 * MEGABYTE))))).toEqual(large)
  expect(calls).toHaveLength(4)
  expect(Math.max(...calls.map(({ length }) => length))).toBeLessThan(9 * MEGABYTE)
  expect(await gateway.status([])).toEqual([])
})

it('gives the worst outcome of all parts', async () => {
  const failed: Outcome = { ...LIVE, status: 'failed', reason: 'HAProxy said no' }
  const gateway = gatewayOver({ apply: async (changes) => ({ ok: changes.includes('"bad"') ? failed : LIVE }) })
  const change = (id: string) => ({ key: `routes/${id}`, route: routeOf(id, 5 * MEGABYTE), version: 1 })
  expect(await gateway.apply(['good', 'fine'].map(change))).toEqual(LIVE)
  expect(await gateway.apply(['good', 'bad', 'fine'].map(change))).toMatchObject({
    status: 'failed',
    reason: 'HAProxy said no',
  })
})

it('keeps the codes of errors, and says of an object that is gone that one may try again', async () => {
  const refusing = gatewayOver({
    nodes: () => answered(Promise.reject(new AppError('STORE_UNAVAILABLE', 'The store does not answer: try again'))),
  })
  await expect(refusing.nodes()).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE', message: /^The store/ })
  const gone = gatewayOver({ nodes: () => Promise.reject(new Error('Durable Object reset')) })
  await expect(gone.nodes()).rejects.toMatchObject({ code: 'NOT_READY' })
  await expect(answered(Promise.reject(new TypeError('a bug')))).rejects.toThrow('a bug')
})
