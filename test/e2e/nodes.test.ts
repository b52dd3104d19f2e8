import { expect, it, vi } from 'vitest'
import { expectAcceptedState } from '../support/accepted-state.ts'
import { startDataPlane } from '../support/data-plane-process.ts'
import { newFolder } from '../support/folder.ts'
import { everyKindOfLoad, failuresOf, moreOfEach } from '../support/load/all-kinds.ts'
import { startNamedTarget } from '../support/named-targets.ts'
import { privateAddress } from '../support/private-address.ts'
import { endProcessesIn } from '../support/processes.ts'
import { put, remove, startRoutedFront } from '../support/routed-front.ts'

it('serves on by one of two nodes while the other is dead, and fills that again when it comes back empty', {
  timeout: 120_000,
}, async ({ skip }) => {
  const address = privateAddress() ?? skip('only root may give this machine the private address that it needs')
  const left = await startDataPlane()
  const right = await startDataPlane()
  // On one machine both have the same ports, and the kernel gives each connection to one of them.
  const routed = await startRoutedFront({ DATAPLANE_URL: `${left.url},${right.url}`, TARGET_POLICY: 'private' })
  const inside = { ...routed, haproxy: left.haproxy }
  const target = await startNamedTarget('target', address)
  const beliefs = new Map<string, Set<string | null>>()

  await right.kill()
  await endProcessesIn(right.folder)
  const loads = await everyKindOfLoad(routed, target)
  for (const name of ['steady-lane', 'steady-backend']) beliefs.set(name, new Set(['target']))
  for (let turn = 0; turn < 20; turn++) {
    await put(routed.agent, `alone-${turn}`, target.url, { check: turn % 2 === 0 })
    beliefs.set(`alone-${turn}`, new Set(['target']))
    if (turn % 5 !== 4) continue
    await remove(routed.agent, `alone-${turn}`)
    beliefs.set(`alone-${turn}`, new Set([null]))
  }
  await moreOfEach(loads, 5)
  expect(await reachable(routed)).toEqual([true, false])
  await expectAcceptedState(inside, beliefs)
  expect(await failuresOf(loads)).toEqual([])

  await right.start(newFolder())
  await expectAcceptedState({ ...routed, haproxy: right.haproxy }, beliefs, { deadlineMs: 60_000 })
  await vi.waitFor(async () => expect(await reachable(routed)).toEqual([true, true]), {
    timeout: 20_000,
    interval: 100,
  })
})

async function reachable({ admin }: Awaited<ReturnType<typeof startRoutedFront>>): Promise<boolean[]> {
  const nodes = (await admin.get('/api/nodes')).body.nodes as { reachable: boolean }[]
  return nodes.map((node) => node.reachable)
}
