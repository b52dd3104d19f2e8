import { expect, it, onTestFinished, vi } from 'vitest'
import type { ConfigurationPlan } from '../../shared/gateway/configuration-plan.ts'
import type { NodeParts } from '../../shared/gateway/node-parts.ts'
import { createSettling } from '../../shared/gateway/node-settling.ts'
import { createGate } from '../../shared/lib/gate.ts'
import { createLog } from '../../shared/log/log.ts'
import { httpRoute } from './routes.ts'

const NOTHING: ConfigurationPlan = { base: false, create: [], replace: [], remove: [], servers: [], same: [] }

/** A node on which a reload takes no time, once a second at most. */
function settling() {
  vi.useFakeTimers()
  onTestFinished(() => void vi.useRealTimers())
  let plan = NOTHING
  const reloadedAtMs: number[] = []
  const startMs = Date.now()
  const configuration: Partial<NodeParts['configuration']> = {
    plan: () => plan,
    async carryOut() {
      reloadedAtMs.push(Date.now() - startMs)
      plan = NOTHING
    },
    stands: () => false,
  }
  const { settle } = createSettling({
    options: { name: 'a', log: createLog({ write: () => undefined }), now: Date.now, settleIntervalMs: 1_000 },
    gate: createGate(),
    condition: { online: true, worker: null, ring: () => undefined },
    configuration,
    maps: { known: false },
    servers: { hasLeaving: false },
  } as unknown as NodeParts)
  return {
    reloadedAtMs,
    settle,
    /** A route wants a backend. */
    add(isUrgent: boolean) {
      plan = { ...NOTHING, create: [httpRoute()] }
      settle(isUrgent)
    },
    until: (ms: number) => vi.advanceTimersByTimeAsync(startMs + ms - Date.now()),
  }
}

it('what is served by the lane waits for its backend three times as long, unless somebody else is in a hurry', async () => {
  const { add, until, reloadedAtMs } = settling()
  add(false)
  await until(100)
  expect(reloadedAtMs).toEqual([20])

  add(false)
  await until(3_500)
  expect(reloadedAtMs).toEqual([20, 3_020])

  add(false)
  await until(3_600)
  add(true)
  await until(5_000)
  expect(reloadedAtMs).toEqual([20, 3_020, 4_020])

  add(true)
  await until(5_500)
  expect(reloadedAtMs.at(-1)).toBe(5_020)
})

it('whoever was in a hurry and found nothing to reload for leaves those who come later their time', async () => {
  const { add, settle, until, reloadedAtMs } = settling()
  add(false)
  await until(100)
  settle()
  await until(200)
  add(false)
  await until(3_500)
  expect(reloadedAtMs).toEqual([20, 3_020])
})
