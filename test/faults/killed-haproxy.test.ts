import { it, vi } from 'vitest'
import { expectAcceptedState } from '../support/accepted-state.ts'
import { ask } from '../support/ask.ts'
import { startBelievers } from '../support/believers.ts'
import { startNamedTargets } from '../support/named-targets.ts'
import { kill } from '../support/processes.ts'
import { type RoutedFront, startRoutedFront } from '../support/routed-front.ts'

const FULL = process.env.FAULTS === 'full'
const KILLS = FULL ? 20 : 2

it.each([
  { what: 'worker', victim: ({ haproxy }: RoutedFront) => haproxy.currentWorker().pid },
  { what: 'master', victim: ({ haproxy }: RoutedFront) => haproxy.master().pid },
  {
    what: 'master with all workers',
    victim: ({ haproxy }: RoutedFront) => {
      for (const { pid } of haproxy.workers()) kill(pid)
      return haproxy.master().pid
    },
  },
])(
  `HAProxy's $what, killed with -9 while routes are written, ${KILLS} times, is back with all of them`,
  {
    timeout: FULL ? 600_000 : 90_000,
  },
  async ({ victim }) => {
    const routed = await startRoutedFront()
    const believers = startBelievers(routed, await startNamedTargets(4), { writers: 3, routesPerWriter: 8 })
    for (let round = 0; round < KILLS; round++) {
      await believers.more(25)
      await believers.nextBegins()
      // Between two of them there is none.
      kill(await vi.waitFor(() => victim(routed), { timeout: 20_000, interval: 20 }))
      await answersAgain(routed)
    }
    await believers.more(25)
    await believers.stop()
    await expectAcceptedState(routed, believers.beliefs)
  },
)

/** By itself; whatever it says of the name. */
const answersAgain = ({ ports, hostOf }: RoutedFront) =>
  vi.waitFor(() => ask(ports.http, hostOf('nobody')), { timeout: 20_000, interval: 20 })
