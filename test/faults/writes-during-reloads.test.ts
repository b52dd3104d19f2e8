import { expect, it } from 'vitest'
import { expectAcceptedState } from '../support/accepted-state.ts'
import { startBelievers } from '../support/believers.ts'
import { type NamedTarget, startNamedTargets } from '../support/named-targets.ts'
import { put, startRoutedFront } from '../support/routed-front.ts'

const FULL = process.env.FAULTS === 'full'
const RELOADS = FULL ? 100 : 10

it(`no write that is accepted while HAProxy is reloaded, ${RELOADS} times, is missing in the new worker`, {
  timeout: FULL ? 900_000 : 90_000,
}, async () => {
  // No pass may come and mend what a reload has lost.
  const routed = await startRoutedFront({ RECONCILE_INTERVAL_MS: '3600000' })
  const targets = await startNamedTargets(4)
  const [target] = targets as [NamedTarget]
  const believers = startBelievers(routed, targets, { writers: 4, routesPerWriter: 25, check: false })
  const before = await routed.reloads()
  for (let turn = 0; (await routed.reloads()) - before < RELOADS; turn++) {
    await put(routed.agent, `settled-${turn % 20}`, target.url, { check: turn % 40 < 20 }, { waitSeconds: 20 })
  }
  await believers.stop()
  expect(believers.accepted()).toBeGreaterThan(RELOADS)
  await expectAcceptedState(routed, believers.beliefs, { deadlineMs: 2_000 })
})
