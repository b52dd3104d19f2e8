import { sleep } from '../../shared/lib/sleep.ts'
import type { Log } from '../../shared/log/log.ts'
import type { Keeper } from '../certificates/keeper.ts'
import type { FrontClient } from '../client/front-client.ts'
import type { Converger } from './converger.ts'
import type { Loop } from './loop.ts'

interface Options {
  front: FrontClient
  converger: Converger
  keeper: Keeper
  pauseMs(error: unknown, failures: number): number
  log: Log
}

/** Hears at once what happens at the front, so that nobody has to ask often. Without it everything is only found later. */
export function createEventReader({ front, converger, keeper, pauseMs, log }: Options): Loop {
  let woken = new AbortController()
  const pause = async (ms: number, signal: AbortSignal) => {
    await sleep(ms, AbortSignal.any([signal, woken.signal]))
    woken = new AbortController()
  }
  return {
    wake: () => woken.abort(),
    async run(signal) {
      for (let failures = 0; !signal.aborted; failures++) {
        try {
          const opened = () => {
            failures = 0
            converger.reconsider()
          }
          for await (const { event } of front.events({ signal, opened, pause })) {
            if (event.startsWith('route.')) converger.wake()
            if (event === 'certificate.revoked' || event === 'agent.revoked') keeper.doubt()
            if (event === 'reset' || event.startsWith('agent.')) converger.reconsider()
          }
        } catch (error) {
          log.debug('The front tells no events', { error: String(error) })
          await pause(pauseMs(error, failures), signal)
        }
      }
    },
  }
}
