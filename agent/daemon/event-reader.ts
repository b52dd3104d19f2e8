import { sleep } from '../../shared/lib/sleep.ts'
import type { Log } from '../../shared/log/log.ts'
import type { Keeper } from '../certificates/keeper.ts'
import type { FrontClient } from '../client/front-client.ts'
import type { Converger } from './converger.ts'
import type { Loop } from './loop.ts'

interface Options {
  front: FrontClient
  converger: Pick<Converger, 'wake' | 'reconsider'>
  keeper: Pick<Keeper, 'doubt'>
  pauseMs(error: unknown, failures: number): number
  log: Log
}

/**
 * Hears at once what happens at the front, so that nobody has to ask often. Without it everything is only found later.
 * Wake it when the front is back.
 */
export function createEventReader({ front, converger, keeper, pauseMs, log }: Options): Loop {
  let woken = new AbortController()
  let stream = new AbortController()
  let isOpen = false
  let failures = 0
  let lastEventId: string | undefined

  const pause = async (ms: number, signal: AbortSignal) => {
    await sleep(ms, AbortSignal.any([signal, woken.signal]))
    woken = new AbortController()
  }
  const opened = () => {
    isOpen = true
    failures = 0
    converger.reconsider()
  }
  const broken = () => {
    isOpen = false
  }
  const read = async (signal: AbortSignal) => {
    for await (const { id, event } of front.events({ signal, lastEventId, opened, broken, pause })) {
      lastEventId = id ?? lastEventId
      if (event.startsWith('route.')) converger.wake()
      if (event === 'certificate.revoked' || event === 'agent.revoked') keeper.doubt()
      if (event === 'reset' || event.startsWith('agent.')) converger.reconsider()
    }
  }
  return {
    wake() {
      // A connection from before may be dead, and nobody has told.
      if (isOpen) stream.abort()
      else woken.abort()
    },
    async run(signal) {
      while (!signal.aborted) {
        stream = new AbortController()
        try {
          await read(AbortSignal.any([signal, stream.signal]))
        } catch (error) {
          log.debug('The front tells no events', { error: String(error) })
          // What is thrown may be about the place where it went on.
          lastEventId = undefined
          await pause(pauseMs(error, failures++), signal)
        } finally {
          isOpen = false
        }
      }
    },
  }
}
