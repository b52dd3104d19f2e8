import { onTestFinished } from 'vitest'
import type { BackendInput } from '../../shared/domain/backend.ts'
import { type BackendEvent, type BackendProvider, nameOf } from '../../shared/providers/provider.ts'

/** What a manager would hear of a provider, from its start to the end of the test. */
export interface Listening {
  events: BackendEvent[]
  /** What the events have led to. */
  state: Map<string, BackendInput>
  successes(): number
  failures: unknown[]
  /** What the source has wrong at the moment, in words. */
  problem(): string | null
  /** As soon as it holds, looked at whenever something is heard. */
  until(holds: (heard: Listening) => boolean): Promise<void>
  /** Events wait from now on, until they are let go. */
  hold(): () => void
  /** How many of them wait. */
  waiting(): number
  end(): Promise<void>
}

export function listenTo(provider: BackendProvider): Listening {
  const ending = new AbortController()
  const events: BackendEvent[] = []
  const state = new Map<string, BackendInput>()
  const failures: unknown[] = []
  let [successes, waiting] = [0, 0]
  let problem: string | null = null
  let held: Promise<void> | undefined
  const looks = new Set<() => void>()
  const look = () => {
    for (const each of looks) each()
  }
  const started = provider.start(
    async (event) => {
      events.push(event)
      if (event.type === 'DELETE') state.delete(nameOf(event))
      else state.set(nameOf(event), event.backend)
      waiting++
      look()
      await held
      waiting--
    },
    {
      signal: ending.signal,
      succeeded(trouble) {
        successes++
        problem = trouble ?? null
        look()
      },
      failed(error) {
        failures.push(error)
        problem = error instanceof Error ? error.message : String(error)
        look()
      },
    },
  )
  const end = async () => {
    ending.abort()
    await started
    await provider.stop()
  }
  // Who waits for an event sees why none comes.
  const broken = started.then(() => new Promise<never>(() => undefined))
  broken.catch(() => undefined)
  onTestFinished(() => end().catch(() => undefined))
  const heard: Listening = {
    events,
    state,
    successes: () => successes,
    failures,
    problem: () => problem,
    until(holds) {
      const { promise, resolve } = Promise.withResolvers<void>()
      const check = () => {
        if (!holds(heard)) return
        looks.delete(check)
        resolve()
      }
      looks.add(check)
      check()
      return Promise.race([promise, broken])
    },
    hold() {
      const { promise, resolve } = Promise.withResolvers<void>()
      held = promise
      return () => {
        held = undefined
        resolve()
      }
    },
    waiting: () => waiting,
    end,
  }
  return heard
}
