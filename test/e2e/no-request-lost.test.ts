import { expect, it } from 'vitest'
import { ask } from '../support/ask.ts'
import { everyKindOfLoad, failuresOf, moreOfEach } from '../support/load/all-kinds.ts'
import type { Asked } from '../support/load/http1.ts'
import { type NamedTarget, startNamedTargets } from '../support/named-targets.ts'
import { put, type RoutedFront, remove, startRoutedFront } from '../support/routed-front.ts'
import { sideBySide } from '../support/side-by-side.ts'

const FULL = process.env.FAULTS === 'full'
const ROUTES = FULL ? 200 : 40
const RELOADS = FULL ? 20 : 3

it(`loses no request while ${ROUTES} checked routes come, move and go, over ${RELOADS} reloads and more`, {
  timeout: FULL ? 600_000 : 60_000,
}, async () => {
  const routed = await startRoutedFront()
  const [target, from, to] = (await startNamedTargets(3)) as [NamedTarget, NamedTarget, NamedTarget]
  const moving = await movingRoutes(routed, from)
  const loads = await everyKindOfLoad(routed, target, moving)
  await moreOfEach(loads, 5)

  const before = await routed.reloads()
  const names = Array.from({ length: ROUTES }, (_, i) => `churn-${i}`)
  await sideBySide(names, 4, (name) => comeMoveAndGo(routed, name, [from, to]))
  for (let turn = 0; turn < 2 || (await routed.reloads()) - before < RELOADS; turn++) {
    await Promise.all(moving.map((route) => route.moveTo(turn % 2 ? from : to)))
    await comeMoveAndGo(routed, `again-${turn}`, [from, to], { waitSeconds: 20 })
    await moreOfEach(loads, 5)
  }
  await moreOfEach(loads, 20)

  expect(await failuresOf(loads)).toEqual([])
  expect((await routed.reloads()) - before).toBeGreaterThanOrEqual(RELOADS)
})

/** Each step is seen by the first request after its answer. */
async function comeMoveAndGo(
  routed: RoutedFront,
  name: string,
  [from, to]: [NamedTarget, NamedTarget],
  { waitSeconds }: { waitSeconds?: number } = {},
): Promise<void> {
  const { agent, hostOf, ports } = routed
  const seen = async () => (await ask(ports.http, hostOf(name))).body
  await put(agent, name, from.url, {}, { waitSeconds })
  expect(await seen()).toBe(`${from.name} for ${hostOf(name)}`)
  await put(agent, name, to.url)
  expect(await seen()).toBe(`${to.name} for ${hostOf(name)}`)
  await remove(agent, name)
  expect((await ask(ports.http, hostOf(name))).status).toBe(404)
}

interface MovingRoute extends Asked {
  moveTo(target: NamedTarget): Promise<void>
}

/** Routes under load whose target is changed: both are right until the change is answered, and the new one alone then. */
async function movingRoutes({ agent, hostOf }: RoutedFront, first: NamedTarget): Promise<MovingRoute[]> {
  const made = ['moving-lane', 'moving-backend'].map(async (name): Promise<MovingRoute> => {
    const options = name === 'moving-lane' ? { check: false } : {}
    let answers = [first.name]
    await put(agent, name, first.url, options)
    return {
      host: hostOf(name),
      answers: () => answers,
      async moveTo(target) {
        answers = [...answers, target.name]
        await put(agent, name, target.url, options)
        answers = [target.name]
      },
    }
  })
  return Promise.all(made)
}
