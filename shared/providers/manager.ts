import { type Backends, BY_HAND } from '../backends/backends.ts'
import { createGate } from '../lib/gate.ts'
import type { Log } from '../log/log.ts'
import { CHANNEL_SIZE } from './channel.ts'
import type { GatewaySource, ProviderState } from './provider-state.ts'
import { type ConfiguredProvider, type RunningProvider, runProvider } from './running-provider.ts'

export interface ProviderManager {
  /**
   * These run from now on, the first ones winning a name before the later ones. What is configured as before goes on
   * undisturbed, what is configured otherwise is started anew, and what is not named any more loses its backends.
   */
  configure(providers: readonly ConfiguredProvider[], settings?: { channelSize?: number | undefined }): Promise<void>
  states(): Promise<ProviderState[]>
  /** What they are configured by; null: by nothing. */
  source: GatewaySource | null
  /** All end; their backends stay. */
  stop(): Promise<void>
}

export interface ManagerOptions {
  backends: Pick<Backends, 'of' | 'apply' | 'setProviders'>
  log: Log
  now: () => number
  /** How often each is compared with its source. */
  reconcileIntervalMs?: number | undefined
}

const RECONCILE_INTERVAL_MS = 5_000

export function createProviderManager({
  backends,
  log,
  now,
  reconcileIntervalMs = RECONCILE_INTERVAL_MS,
}: ManagerOptions): ProviderManager {
  let running = new Map<string, RunningProvider>()
  const gate = createGate()

  const end = async (providers: readonly RunningProvider[]) => {
    for (const each of providers) if (running.get(each.name) === each) running.delete(each.name)
    await Promise.all(providers.map((each) => each.stop()))
  }
  return {
    source: null,

    configure: (providers, { channelSize = CHANNEL_SIZE } = {}) =>
      gate.run(async () => {
        const prints = new Map(providers.map((each) => [each.name, printOf(each, channelSize)]))
        const ended = [...running.values()].filter(({ name, print }) => prints.get(name) !== print)
        await end(ended)
        await backends.setProviders([...prints.keys()])
        const next = providers.map((each) => {
          const print = printOf(each, channelSize)
          const same = running.get(each.name)
          return same ?? runProvider({ ...each, print }, { backends, log, now, reconcileIntervalMs, channelSize })
        })
        running = new Map(next.map((each) => [each.name, each]))
        log.debug('Providers run', { providers: [...running.keys()] })
      }),

    async states() {
      const byHand = (await backends.of(BY_HAND)).length
      return [stateByHand(byHand), ...[...running.values()].map(stateOf)]
    },

    stop: () => gate.run(() => end([...running.values()])),
  }
}

const printOf = ({ kind, print }: ConfiguredProvider, channelSize: number) => JSON.stringify([kind, print, channelSize])

function stateOf({ name, kind, account, state, counts }: RunningProvider): ProviderState {
  const { condition, lastPollAt, lastError, nextTryAt, refused } = account
  const { depth, size, added, updated, deleted } = counts()
  return {
    name,
    kind,
    state: condition,
    backends: state.size,
    lastPollAt,
    lastError,
    nextTryAt,
    events: { added, updated, deleted },
    channel: { waiting: depth, size },
    refused: refused.count,
    problems: refused.first,
  }
}

/** What is put by PUT /api/backends/{name} needs no watching. */
const stateByHand = (backends: number): ProviderState => ({
  name: BY_HAND,
  kind: BY_HAND,
  state: 'running',
  backends,
  lastPollAt: null,
  lastError: null,
  nextTryAt: null,
  events: { added: 0, updated: 0, deleted: 0 },
  channel: { waiting: 0, size: 0 },
  refused: 0,
  problems: [],
})
