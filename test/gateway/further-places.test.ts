import { expect, it, onTestFinished } from 'vitest'
import { backendName } from '../../shared/gateway/backend/names.ts'
import { openLocalGateway } from '../support/local-gateway.ts'
import { startTarget } from '../support/targets.ts'
import { httpRoute, target } from './routes.ts'

it('ends what came by a custom domain without putting down the servers of the route, which goes on', async () => {
  const local = await openLocalGateway()
  onTestFinished(local.stop)
  const { port } = await startTarget('app')
  const put: string[] = []
  const { setRuntimeServer } = local.dataPlane
  local.dataPlane.setRuntimeServer = async (backend, ...change) => {
    put.push(backend)
    await setRuntimeServer(backend, ...change)
  }
  const targets = [target(port, { host: '127.0.0.1', address: '127.0.0.1' })]
  const [shop, other] = [httpRoute({ targets }), httpRoute({ targets, id: 'vps-1.other', host: 'other.apps.test' })]
  const domains = [{ name: 'www.example.org', value: '', status: 'done' as const }]
  await local.apply([{ ...shop, domains }, other], { waitMs: 20_000 })
  await local.apply([{ ...shop, revision: 2 }])
  // What ends connections comes one after the other: once this one has, the one before is over.
  await local.apply([{ ...other, revision: 2, suspended: true }])
  await expect.poll(() => put, { timeout: 10_000 }).toContain(backendName(other))
  expect(put).not.toContain(backendName(shop))
})
