import { createWakeUp } from '../../lib/wake-up.ts'
import type { BackendProvider } from '../provider.ts'
import { SourceError } from '../source-error.ts'
import { watchSnapshots } from '../watched-snapshots.ts'
import type { DockerEvent } from './api.ts'
import { createDockerClient, type DockerClientOptions } from './client.ts'
import { createStopping, FORGOTTEN_AFTER_MS } from './stopping.ts'
import { type Surroundings, toSnapshot } from './to-snapshot.ts'

export interface DockerOptions extends DockerClientOptions, Partial<Pick<Surroundings, 'network' | 'hostAddress'>> {
  /** A connection that is dead says nothing either: after so long the list is asked for all the same. Default 30,000. */
  recheckMs?: number
  now?: () => number
}

/**
 * Containers with labels. Each event leads to a new list: so nothing depends on its having come, and many at once are
 * one. The events are listened to before the first list, from a while ago on: so nothing is missed between them.
 */
export function createDockerProvider(options: DockerOptions): BackendProvider {
  const { network, hostAddress = '127.0.0.1', recheckMs = 30_000, now = Date.now } = options
  const client = createDockerClient(options)

  return watchSnapshots(async function* ({ signal: outer }) {
    const ending = new AbortController()
    const signal = AbortSignal.any([outer, ending.signal])
    const stopping = createStopping(now)
    try {
      const changes = listen(await client.events(now() - FORGOTTEN_AFTER_MS, signal), (event) => stopping.heard(event))
      while (!signal.aborted) {
        changes.reset()
        const containers = await client.containers(signal)
        yield toSnapshot(containers, { network, hostAddress, stopping: stopping.ids() })
        await changes.next(recheckMs, signal)
      }
    } finally {
      ending.abort()
    }
  })
}

/** Wakes when something was heard, and when nothing will be any more. */
function listen(events: AsyncIterable<DockerEvent>, heard: (event: DockerEvent) => void) {
  const news = createWakeUp()
  let end: unknown
  const run = async () => {
    for await (const event of events) {
      heard(event)
      news.wake()
    }
  }
  const ended = (cause?: unknown) => {
    end = new SourceError('Docker has ended its stream of events', { cause })
    news.wake()
  }
  run().then(() => ended(), ended)
  return {
    reset: news.reset,
    async next(mostMs: number, signal: AbortSignal) {
      if (end === undefined) await news.wait(mostMs, signal)
      if (end !== undefined && !signal.aborted) throw end
    },
  }
}
