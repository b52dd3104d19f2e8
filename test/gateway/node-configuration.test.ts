import { expect, it } from 'vitest'
import type { DataPlane } from '../../shared/dataplane/data-plane.ts'
import type { Route } from '../../shared/domain/route-record.ts'
import { backendOf } from '../../shared/gateway/backend/backend-of.ts'
import { nodeConfiguration } from '../../shared/gateway/node-configuration.ts'
import { createRouteTable } from '../../shared/gateway/route-table.ts'
import { printBackend, printConfiguration } from '../../shared/haproxy-text/index.ts'
import { httpRoute } from './routes.ts'

it('lets no older backend serve what it would refuse, once a restriction is lifted', async () => {
  const standing = async (before: Route, after: Route) => {
    const text = printConfiguration({ head: [], sections: [printBackend(backendOf(before))] })
    const table = createRouteTable()
    table.put([{ key: `routes/vps-1/http/${before.host}/`, route: before, version: 1 }])
    const dataPlane: Partial<DataPlane> = { raw: async () => ({ version: 1, text }) }
    const configuration = nodeConfiguration({ dataPlane: dataPlane as DataPlane, table, backendOf, base: () => [] })
    await configuration.look()
    return configuration.backendsOf(after)
  }
  const open = httpRoute({ generation: 2 })
  expect(await standing(httpRoute({ allowFrom: ['192.0.2.0/24'] }), open)).toEqual([])
  expect(await standing(httpRoute({ balance: 'leastconn' }), open)).toEqual(['b:vps-1.shop:1'])
})
