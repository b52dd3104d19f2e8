import fc from 'fast-check'
import { expect, it, onTestFinished, vi } from 'vitest'
import type { BackendRecord } from '../../shared/backends/backend-record.ts'
import { backendKey } from '../../shared/backends/store-keys.ts'
import { ask } from '../support/ask.ts'
import { openLocalGateway } from '../support/local-gateway.ts'
import { type NamedTarget, startNamedTargets } from '../support/named-targets.ts'
import { backendRecord } from './backend-record.ts'
import { target } from './routes.ts'

const NAMES = ['one', 'two', 'three']
const TARGETS = 4
const STEPS = 25
/** Of the last ones the node hears nothing. */
const UNHEARD = 4
const LONG_MS = 60_000

const step = fc.record({
  name: fc.constantFrom(...NAMES),
  /** Which servers it has then; `null`: it is gone. */
  servers: fc.option(fc.subarray([...Array(TARGETS).keys()]), { freq: 8 }),
  /** Until the node was looked at, and is taken for up again where it can be asked. */
  waits: fc.boolean(),
})
/** What becomes of each call to the data plane. */
const fault = fc.oneof(
  { weight: 25, arbitrary: fc.constant('none') },
  { weight: 1, arbitrary: fc.constantFrom('lost', 'unanswered', 'refused') },
)

it.each([1, 2])(
  'a node that fails now and then has at last what the source told: seed %i',
  async (seed) => {
    const faults = fc.sample(fault, { seed, numRuns: 2_000 })
    const [steps = []] = fc.sample(fc.array(step, { minLength: STEPS, maxLength: STEPS }), { seed, numRuns: 1 })
    let [isFaulty, isAway] = [true, false]
    const local = await openLocalGateway({
      async call(carryOut) {
        const kind = isAway ? 'lost' : isFaulty ? faults.pop() : 'none'
        if (kind === 'lost') throw new TypeError('fetch failed')
        if (kind === 'refused') return new Response('out of order', { status: 500 })
        const answer = await carryOut()
        if (kind === 'unanswered') throw new TypeError('fetch failed')
        return answer
      },
    })
    onTestFinished(() => local.stop())
    const targets = await startNamedTargets(TARGETS)
    const model = new Map<string, number[] | null>()

    for (const [i, { name, servers, waits }] of steps.entries()) {
      isAway = i >= STEPS - UNHEARD
      model.set(name, servers)
      const value =
        servers &&
        recordOf(
          name,
          servers.map((at) => targets[at]).filter((each) => each !== undefined),
          i,
        )
      const applied = local.gateway().applyBackends([{ key: backendKey('docker', name), value, version: i + 1 }])
      if (waits) await Promise.all([applied, local.gateway().reconcile()])
    }
    isFaulty = false
    isAway = false
    await vi.waitFor(
      async () => {
        for (const name of NAMES) {
          const servers = model.get(name)
          const wanted = servers?.map((at) => targets[at]?.name).sort() ?? null
          expect([name, await answering(local.httpPort, name)]).toEqual([name, wanted])
        }
      },
      { timeout: 20_000, interval: 100 },
    )
  },
  LONG_MS,
)

function recordOf(name: string, servers: NamedTarget[], revision: number): BackendRecord {
  const record = backendRecord('docker', { name, hosts: [hostOf(name)] })
  const targets = servers.map(({ name, port }) => target(port, { name, address: '127.0.0.1', host: '127.0.0.1' }))
  return { ...record, revision, targets }
}

const hostOf = (name: string) => `${name}.example.org`

/** The names of those that do; `null` where nobody has the host. */
async function answering(port: number, name: string): Promise<string[] | null> {
  const answers = await Promise.all(Array.from({ length: 2 * TARGETS }, () => ask(port, hostOf(name))))
  if (answers.some(({ status }) => status === 404)) return null
  const found = answers.flatMap(({ status, body }) => (status === 200 ? [body.split(' ')[0] ?? ''] : []))
  return [...new Set(found)].sort()
}
