import { expect, it } from 'vitest'
import type { Route } from '../../shared/domain/route-record.ts'
import { backendOf } from '../../shared/gateway/backend/backend-of.ts'
import { backendName } from '../../shared/gateway/backend/names.ts'
import { planConfiguration } from '../../shared/gateway/configuration-plan.ts'
import { findOffenders } from '../../shared/gateway/offenders.ts'
import { httpRoute, target } from './routes.ts'

const named = (...routes: Route[]) => new Map(routes.map((route) => [backendName(route), route]))

function planOf(
  wanted: Route[],
  standing: Map<string, Route | null>,
  { refused = [], waiting = [] }: { refused?: string[]; waiting?: string[] } = {},
) {
  const current = new Map(wanted.map((route) => [route.id, backendName(route)]))
  return planConfiguration({
    backendOf,
    baseAltered: false,
    wanted: named(...wanted),
    standing,
    current: (id) => current.get(id),
    isRefused: (name) => refused.includes(name),
    needsReload: (name) => waiting.includes(name),
  })
}

const NOTHING = { base: false, create: [], replace: [], remove: [], servers: [], same: [] }

it('nothing to do where all stands as it should', () => {
  const route = httpRoute()
  expect(planOf([route], named(route))).toEqual(NOTHING)
})

it('makes what is missing, and not what HAProxy does not want', () => {
  const route = httpRoute()
  expect(planOf([route], new Map())).toEqual({ ...NOTHING, create: [route] })
  expect(planOf([route], new Map(), { refused: ['b:vps-1.shop:1'] })).toEqual(NOTHING)
})

it('writes again what is not as the front would write it', () => {
  const route = httpRoute()
  expect(planOf([route], new Map([['b:vps-1.shop:1', null]]))).toEqual({ ...NOTHING, replace: [route] })
})

it('an older generation stays until the present one stands', () => {
  const [old, next] = [httpRoute(), httpRoute({ generation: 2 })]
  expect(planOf([next], named(old))).toEqual({ ...NOTHING, create: [next] })
  expect(planOf([next], named(old), { refused: ['b:vps-1.shop:2'] })).toEqual(NOTHING)
  expect(planOf([next], named(old, next))).toEqual({ ...NOTHING, remove: ['b:vps-1.shop:1'] })
  expect(planOf([], named(old))).toEqual({ ...NOTHING, remove: ['b:vps-1.shop:1'] })
})

it('another address, port or weight reaches the server that stands', () => {
  const before = httpRoute({ targets: [target(1), target(2)] })
  const moved = httpRoute({ targets: [target(1), target(3, { address: '192.0.2.9', weight: 5 })] })
  const plan = planOf([moved], named(before))
  expect(plan).toMatchObject({
    ...NOTHING,
    servers: [{ changes: [{ kind: 'set', server: { name: 's2', address: '192.0.2.9', port: 3, weight: 5 } }] }],
  })
})

it('servers that have names come, go and change while their backend stands', () => {
  const server = (name: string, also = {}) => target(8_080, { name, ...also })
  const before = httpRoute({ targets: [server('a'), server('b'), server('c')] })
  const after = httpRoute({
    targets: [server('a', { weight: 9 }), server('b', { port: 1 }), server('d', { state: 'maint' })],
  })
  const [moved, ...others] = planOf([after], named(before)).servers
  const changes = moved?.changes.map(({ kind, server }) => `${kind} ${server.name.split(':')[0]}`)
  expect(changes).toEqual(['set a', 'add b', 'add d', 'remove b', 'remove c'])
  expect(moved).toMatchObject({ backend: 'b:vps-1.shop:1', route: after })
  expect(others).toEqual([])
  expect(planOf([httpRoute({ targets: [] })], named(before))).toMatchObject({ replace: [], servers: [{}] })
})

it('writes a backend anew where HAProxy takes no server of it while it runs, or more than servers changed', () => {
  const [before, after] = [1, 2].map((port) => httpRoute({ targets: [target(port, { name: 'a' })] })) as [Route, Route]
  const waiting = ['b:vps-1.shop:1']
  expect(planOf([after], named(before), { waiting })).toEqual({ ...NOTHING, replace: [after] })
  expect(planOf([before], named(before), { waiting })).toEqual({ ...NOTHING, replace: [before] })
  const other = httpRoute({ targets: [target(2, { name: 'a' })], balance: 'leastconn' })
  expect(planOf([other], named(before))).toEqual({ ...NOTHING, replace: [other] })
})

it('what a running server cannot change is written anew', () => {
  const before = httpRoute({ targets: [target(1), target(2)] })
  for (const targets of [
    [target(1)],
    [target(1), target(2, { backup: true })],
    [target(1), target(2, { tls: true })],
  ]) {
    const route = httpRoute({ targets })
    expect(planOf([route], named(before))).toEqual({ ...NOTHING, replace: [route] })
  }
})

it('a refused batch is halved until the offenders stand alone', async () => {
  let trials = 0
  const refusal = async (items: readonly number[]) => {
    trials += 1
    const bad = items.find((item) => item === 3 || item === 600)
    return bad === undefined ? null : `${bad} is bad`
  }
  const items = Array.from({ length: 1_000 }, (_, index) => index)
  expect(await findOffenders(items, refusal)).toEqual(
    new Map([
      [3, '3 is bad'],
      [600, '600 is bad'],
    ]),
  )
  expect(trials).toBeLessThan(50)
})
