import { expect, it, vi } from 'vitest'
import { expectAcceptedState } from '../support/accepted-state.ts'
import { startDataPlane } from '../support/data-plane-process.ts'
import { everyKindOfLoad, failuresOf, moreOfEach } from '../support/load/all-kinds.ts'
import { startNamedTarget } from '../support/named-targets.ts'
import { privateAddress } from '../support/private-address.ts'
import { expectStatus, put, type RoutedFront, remove, startRoutedFront } from '../support/routed-front.ts'

it('loses no request while a node is added, written to, taken away and added again, and a restart keeps it', {
  timeout: 120_000,
}, async ({ skip }) => {
  const address = privateAddress() ?? skip('only root may give this machine the private address that it needs')
  const left = await startDataPlane()
  const right = await startDataPlane()
  // On one machine both have the same ports, and the kernel gives each connection to one of them.
  const routed = await startRoutedFront({ DATAPLANE_URL: left.url, TARGET_POLICY: 'private' })
  const atRight = { ...routed, haproxy: right.haproxy }
  const target = await startNamedTarget('target', address)
  const loads = await everyKindOfLoad(routed, target)
  const beliefs = new Map<string, Set<string | null>>()
  for (const name of ['steady-lane', 'steady-backend']) beliefs.set(name, new Set(['target']))
  await moreOfEach(loads, 5)

  const added = await routed.admin.put('/api/nodes/right', { url: right.url })
  expect(added).toMatchObject({ status: 201, body: { node: { name: 'right', reachable: true, configured: false } } })
  await expectAcceptedState(atRight, beliefs)
  await putAll(routed, target.url, ['both-lane', 'both-backend'], beliefs)
  await moreOfEach(loads, 10)
  await expectAcceptedState({ ...routed, haproxy: left.haproxy }, beliefs)
  await expectAcceptedState(atRight, beliefs)

  expectStatus(await routed.admin.delete('/api/nodes/right', {}), [200])
  await putAll(routed, target.url, ['left-lane'], new Map())
  await moreOfEach(loads, 10)
  expect((await left.haproxy.map('hosts.map')).has(routed.hostOf('left-lane'))).toBe(true)
  expect((await right.haproxy.map('hosts.map')).has(routed.hostOf('left-lane'))).toBe(false)
  expect((await right.haproxy.map('hosts.map')).has(routed.hostOf('both-lane'))).toBe(true)
  await remove(routed.agent, 'both-lane')
  beliefs.set('left-lane', new Set(['target'])).set('both-lane', new Set([null]))

  expectStatus(await routed.admin.put('/api/nodes/right', { url: right.url }), [201])
  await expectAcceptedState(atRight, beliefs)
  await moreOfEach(loads, 10)
  expect(await failuresOf(loads)).toEqual([])

  await routed.kill()
  await routed.start()
  expect(await nodesOf(routed)).toMatchObject([
    { name: `127.0.0.1:${left.port}`, configured: true, reachable: true },
    { name: 'right', configured: false, reachable: true },
  ])
})

it('accepts what no node can be told yet only when none can be reached', async ({ skip }) => {
  const address = privateAddress() ?? skip('only root may give this machine the private address that it needs')
  const left = await startDataPlane()
  const routed = await startRoutedFront({ DATAPLANE_URL: left.url, TARGET_POLICY: 'private' })
  const target = await startNamedTarget('target', address)
  const dead = await routed.admin.put('/api/nodes/dead', { url: 'http://a:b@127.0.0.1:9' })
  expect(dead).toMatchObject({ status: 202, body: { node: { reachable: false } } })
  expect(await put(routed.agent, 'one', target.url, { check: false })).toMatchObject({ status: 'live' })

  await left.kill()
  const pending = await put(routed.agent, 'two', target.url, { check: false }, { statuses: [202] })
  expect(pending.status).toBe('pending')
  await left.start()
  await vi.waitFor(async () => expect(await statusOf(routed, pending.route.id)).toBe('live'), {
    timeout: 20_000,
    interval: 100,
  })
  expect((await nodesOf(routed)).map(({ reachable }) => reachable)).toEqual([true, false])
})

async function putAll({ agent }: RoutedFront, url: string, names: string[], beliefs: Map<string, Set<string | null>>) {
  for (const name of names) {
    await put(agent, name, url, { check: name.includes('backend') }, { waitSeconds: 20 })
    beliefs.set(name, new Set(['target']))
  }
}

const nodesOf = async ({ admin }: RoutedFront) =>
  (await admin.get('/api/nodes')).body.nodes as { name: string; reachable: boolean }[]

const statusOf = async ({ agent }: RoutedFront, id: string) =>
  ((await agent.get(`/api/proxy/routes/${id}`)).body.route as { status: string }).status
