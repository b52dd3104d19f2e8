import { setTimeout as sleep } from 'node:timers/promises'
import { expect, it } from 'vitest'
import { expectAcceptedState } from '../support/accepted-state.ts'
import { startBelievers } from '../support/believers.ts'
import { startDataPlane, withCredentials } from '../support/data-plane-process.ts'
import { type Behaviour, cutInside, faultyProxy, hang, outOfOrder, pass } from '../support/faulty-proxy.ts'
import { everyKindOfLoad, failuresOf, moreOfEach } from '../support/load/all-kinds.ts'
import { startNamedTarget, startNamedTargets } from '../support/named-targets.ts'
import { privateAddress } from '../support/private-address.ts'
import { startRoutedFront } from '../support/routed-front.ts'

const FULL = process.env.FAULTS === 'full'
const NO_ADDRESS = 'only root may give this machine the private address that it needs'
const ROUNDS = FULL ? 20 : 2

it(`a data plane that is killed with -9 in the middle of transactions, ${ROUNDS} times, ends with all that was accepted`, {
  timeout: FULL ? 900_000 : 120_000,
}, async ({ skip }) => {
  const address = privateAddress() ?? skip(NO_ADDRESS)
  const dataPlane = await startDataPlane()
  const routed = await startRoutedFront({ DATAPLANE_URL: dataPlane.url, TARGET_POLICY: 'private' })
  const inside = { ...routed, haproxy: dataPlane.haproxy }
  const loads = await everyKindOfLoad(routed, await startNamedTarget('steady', address))
  const believers = startBelievers(routed, await startNamedTargets(4, address), {
    writers: 3,
    routesPerWriter: 8,
    check: true,
  })
  for (let round = 0; round < ROUNDS; round++) {
    await believers.more(20)
    await sleep(Math.random() * 300)
    await dataPlane.kill()
    await moreOfEach(loads, 5)
    await dataPlane.start()
  }
  await believers.more(20)
  await believers.stop()
  await expectAcceptedState(inside, withSteady(believers.beliefs))
  expect(await failuresOf(loads)).toEqual([])
})

it.for([
  { what: 'answers 500', behaviour: outOfOrder },
  { what: 'hangs', behaviour: hang },
  { what: 'breaks off in the middle of its answers', behaviour: cutInside },
])(
  `a data plane that $what for a while ends with all that was accepted`,
  { timeout: 180_000 },
  async ({ behaviour }, { skip }) => {
    const address = privateAddress() ?? skip(NO_ADDRESS)
    const dataPlane = await startDataPlane()
    let now: Behaviour = pass
    const between = await faultyProxy(`http://127.0.0.1:${dataPlane.port}`, (exchange) => now(exchange))
    const routed = await startRoutedFront({ DATAPLANE_URL: withCredentials(between), TARGET_POLICY: 'private' })
    const inside = { ...routed, haproxy: dataPlane.haproxy }
    const believers = startBelievers(routed, await startNamedTargets(4, address), { writers: 3, routesPerWriter: 8 })
    for (let round = 0; round < (FULL ? 5 : 1); round++) {
      await believers.more(30)
      now = behaviour
      await believers.more(10)
      now = pass
    }
    await believers.more(30)
    await believers.stop()
    await expectAcceptedState(inside, believers.beliefs, { deadlineMs: 100_000 })
  },
)

const withSteady = (beliefs: ReadonlyMap<string, ReadonlySet<string | null>>) =>
  new Map([...beliefs, ['steady-lane', new Set(['steady'])], ['steady-backend', new Set(['steady'])]])
