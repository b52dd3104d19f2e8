import { setTimeout as sleep } from 'node:timers/promises'
import { expect, it, vi } from 'vitest'
import { expectAcceptedState } from '../support/accepted-state.ts'
import { startBelievers } from '../support/believers.ts'
import { everyKindOfLoad, failuresOf, moreOfEach } from '../support/load/all-kinds.ts'
import { startNamedTarget, startNamedTargets } from '../support/named-targets.ts'
import { startRoutedFront } from '../support/routed-front.ts'

const FULL = process.env.FAULTS === 'full'
const KILLS = FULL ? 20 : 3

it(`a front that is killed with -9 in the middle of writes, ${KILLS} times, loses nothing that it accepted`, {
  timeout: FULL ? 900_000 : 120_000,
}, async () => {
  const routed = await startRoutedFront({ KEEP_HAPROXY: 'true' })
  const targets = await startNamedTargets(4)
  const loads = await everyKindOfLoad(routed, await startNamedTarget('steady'))
  const haproxy = await vi.waitFor(() => routed.haproxy.master().pid)
  const believers = startBelievers(routed, targets, { writers: 4, routesPerWriter: 10 })
  for (let kill = 0; kill < KILLS; kill++) {
    await believers.more(20 + Math.floor(Math.random() * 40))
    await believers.nextBegins()
    await sleep(Math.random() * 5)
    await routed.kill()
    await moreOfEach(loads, 5)
    await routed.start()
  }
  await believers.more(20)
  await believers.stop()
  await expectAcceptedState(routed, withSteady(believers.beliefs))

  expect(await failuresOf(loads)).toEqual([])
  await vi.waitFor(() => expect(routed.haproxy.master().pid).toBe(haproxy))
})

const withSteady = (beliefs: ReadonlyMap<string, ReadonlySet<string | null>>) =>
  new Map([...beliefs, ['steady-lane', new Set(['steady'])], ['steady-backend', new Set(['steady'])]])
