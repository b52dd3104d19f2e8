import { sleep } from '../../shared/lib/sleep.ts'
import type { Log } from '../../shared/log/log.ts'
import type { Keeper } from '../certificates/keeper.ts'
import type { FrontClient } from '../client/front-client.ts'
import type { Converger } from './converger.ts'

interface Options {
  front: FrontClient
  converger: Converger
  keeper: Keeper
  pauseMs(error: unknown, failures: number): number
  log: Log
  signal: AbortSignal
}

/** Hears at once what happens at the front, so that nobody has to ask often. Without it everything is only found later. */
export async function readEvents({ front, converger, keeper, pauseMs, log, signal }: Options): Promise<void> {
  for (let failures = 0; !signal.aborted; failures++) {
    try {
      const opened = () => {
        failures = 0
        converger.wake()
      }
      for await (const { event } of front.events({ signal, opened })) {
        if (event.startsWith('route.')) converger.wake()
        if (event === 'certificate.revoked' || event === 'agent.revoked') keeper.doubt()
        if (event === 'reset' || event.startsWith('agent.')) converger.wake()
      }
    } catch (error) {
      log.debug('The front tells no events', { error: String(error) })
      await sleep(pauseMs(error, failures), signal)
    }
  }
}
