import { expect, it } from 'vitest'
import type { DataPlane } from '../../shared/dataplane/data-plane.ts'
import { desiredMaps, type NodeFixedMaps } from '../../shared/gateway/desired-maps.ts'
import { placeOf } from '../../shared/gateway/entries.ts'
import { nodeMaps } from '../../shared/gateway/node-maps.ts'
import { createRouteTable } from '../../shared/gateway/route-table.ts'
import { httpRoute } from './routes.ts'

it('stores an entry that was on its way to the worker while the files were written', async () => {
  const files = new Map<string, string>()
  const arrived = Promise.withResolvers<void>()
  const mayAnswer = Promise.withResolvers<void>()
  const dataPlane: Partial<DataPlane> = {
    mapEntries: async () => [],
    replaceMap: async () => undefined,
    storeMap: async (name, content) => {
      files.set(name, content)
      return { storage_name: name, file: `/maps/${name}` }
    },
    setMapEntry: async () => {
      arrived.resolve()
      await mayAnswer.promise
    },
  }
  const table = createRouteTable()
  const names = ['front.map', 'trusted.map', 'void.map', 'acme.map', 'secure.map'] as const
  const fixed = Object.fromEntries(names.map((name) => [name, new Map()])) as unknown as NodeFixedMaps
  const maps = nodeMaps(
    dataPlane as DataPlane,
    desiredMaps(
      table,
      () => fixed,
      () => [],
    ),
  )
  await maps.mend()
  await maps.storeChanged()

  const route = httpRoute({ check: false })
  table.put([{ key: `routes/vps-1/http/${route.host}/`, route, version: 1 }])
  const written = maps.write([placeOf(route)])
  await arrived.promise
  await maps.storeChanged()
  mayAnswer.resolve()
  await written
  await maps.storeChanged()

  expect(files.get('hosts.map')).toContain(route.host)
})
