import { expect, it } from 'vitest'
import { createRouteTable } from '../../shared/gateway/route-table.ts'
import { httpRoute } from './routes.ts'

const KEY = 'routes/vps-1/http/shop.apps.example.com/'
const OTHERS_KEY = 'routes/vps-2/http/shop.apps.example.com/'
const PLACE = { map: 'hosts.map', key: 'shop.apps.example.com' } as const

it('the newest change wins, in whatever order they are told, and however often', () => {
  const [first, second] = [httpRoute({ revision: 1 }), httpRoute({ revision: 2 })]
  const changes = [
    { key: KEY, route: first, version: 10 },
    { key: KEY, route: second, version: 11 },
    { key: KEY, route: null, version: 12 },
    { key: OTHERS_KEY, route: httpRoute({ agentId: 'vps-2', id: 'vps-2.x' }), version: 13 },
  ]
  for (const order of permutations([0, 1, 2, 3, 1, 0])) {
    const table = createRouteTable()
    for (const index of order) table.put([changes[index] as (typeof changes)[0]])
    expect(table.at(PLACE)?.route.agentId).toBe('vps-2')
    expect([...table.backends.keys()]).toEqual(['b:vps-2.x:1'])
    expect(table.size).toBe(1)
  }
})

it('says nothing of what it knew', () => {
  const table = createRouteTable()
  expect(table.put([{ key: KEY, route: httpRoute(), version: 10 }])).toEqual([PLACE])
  expect(table.put([{ key: KEY, route: httpRoute(), version: 10 }])).toEqual([])
  expect(table.put([{ key: KEY, route: null, version: 9 }])).toEqual([])
})

it('a host is split as long as it has routes for paths', () => {
  const table = createRouteTable()
  const [api, admin] = ['/api/', '/admin/'].map((pathPrefix, index) => ({
    key: `${KEY}${pathPrefix.slice(1)}`,
    route: httpRoute({ pathPrefix, id: `vps-1.${index}` }),
    version: index + 1,
  }))
  if (!api || !admin) throw new Error('two')
  table.put([api, admin, api])
  expect(table.isSplit('shop.apps.example.com')).toBe(true)
  table.put([{ ...api, route: null, version: 5 }])
  expect(table.isSplit('shop.apps.example.com')).toBe(true)
  table.put([{ ...admin, route: null, version: 6 }])
  expect(table.isSplit('shop.apps.example.com')).toBe(false)
})

function permutations<T>(items: T[]): T[][] {
  if (items.length <= 1) return [items]
  return items.flatMap((item, index) => permutations(items.toSpliced(index, 1)).map((rest) => [item, ...rest]))
}
