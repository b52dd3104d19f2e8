import type { Backends } from '../backends/backends.ts'
import type { Backend } from '../domain/backend.ts'
import { inTime } from '../lib/in-time.ts'
import { sleep } from '../lib/sleep.ts'
import { concealing, type Log } from '../log/log.ts'
import { type Account, createAccount } from './account.ts'
import { type ChannelCounts, createEventChannel } from './channel.ts'
import { createKeeping } from './keeping.ts'
import { parseEvent } from './parse-backend.ts'
import { type BackendEvent, type BackendProvider, nameOf } from './provider.ts'
import { reconcile } from './reconcile.ts'
import { createStoreMemory } from './store-memory.ts'

/** A provider as the settings name it. */
export interface ConfiguredProvider {
  name: string
  kind: string
  /** Another one when it must be started anew. */
  print: string
  /** Secrets in its settings, which are shown nowhere. */
  secrets?: readonly string[]
  open(): BackendProvider
}

export interface RunningProvider {
  readonly name: string
  readonly kind: string
  readonly print: string
  readonly account: Account
  /** What the store has of it. */
  readonly state: ReadonlyMap<string, Backend>
  counts(): ChannelCounts
  stop(): Promise<void>
}

export interface RunningOptions {
  backends: Pick<Backends, 'of' | 'apply'>
  log: Log
  now: () => number
  reconcileIntervalMs: number
  channelSize: number
}

const FIRST_PAUSE_MS = 500
const LONGEST_PAUSE_MS = 60_000
const STOP_MS = 5_000
const HEAR_OUT_MS = 20

const pauseAfter = (failures: number) => Math.min(FIRST_PAUSE_MS * 2 ** failures, LONGEST_PAUSE_MS)

/** Everything that one provider has: what goes wrong here touches no other. */
export function runProvider(configured: ConfiguredProvider, options: RunningOptions): RunningProvider {
  const { name, kind, print, secrets = [] } = configured
  const { backends, now, reconcileIntervalMs, channelSize } = options
  const log = concealing(options.log, secrets)
  const ending = new AbortController()
  const { signal } = ending
  const account = createAccount({ name, log, now, secrets })
  const channel = createEventChannel(channelSize)
  const memory = createStoreMemory()
  const keeping = createKeeping({ provider: name, backends, account, memory, now })
  let provider: BackendProvider | undefined
  let alarm = new AbortController()
  const wake = () => alarm.abort()

  /** Until the work is done, with more patience after each failure. */
  const insist = async (work: () => Promise<void>, failed: (error: unknown, pauseMs: number) => void) => {
    for (let failures = 0; !signal.aborted; failures++) {
      try {
        return await work()
      } catch (error) {
        if (signal.aborted) return
        const pauseMs = pauseAfter(failures)
        failed(error, pauseMs)
        await sleep(pauseMs, signal)
      }
    }
  }

  /** From one start of the provider to its end. */
  const runOnce = async (succeeded: () => void) => {
    const run = new AbortController()
    const alive = AbortSignal.any([signal, run.signal])
    const current = configured.open()
    provider = current
    try {
      await current.start((event) => (alive.aborted ? Promise.resolve() : channel.emit(event)), {
        signal: alive,
        succeeded(trouble) {
          if (alive.aborted) return
          succeeded()
          const isFirst = account.condition !== 'running'
          account.succeeded(trouble)
          if (isFirst) wake()
        },
        failed: (error, againInMs) => (alive.aborted ? undefined : account.failed(error, againInMs)),
      })
      if (!signal.aborted) throw new Error('The provider has ended by itself')
    } finally {
      run.abort()
      await current.stop().catch((error) => log.warn('Could not close a provider', { provider: name, error }))
    }
  }
  const keepStarted = async () => {
    for (let failures = 0; !signal.aborted; ) {
      try {
        await runOnce(() => (failures = 0))
      } catch (error) {
        if (signal.aborted) return
        const pauseMs = pauseAfter(failures++)
        account.failed(error, pauseMs)
        await sleep(pauseMs, signal)
      }
    }
  }

  const handle = async (events: readonly BackendEvent[]) => {
    const changes = []
    for (const event of events) {
      const parsed = parseEvent(event)
      if ('problem' in parsed) account.refuse(nameOf(event), parsed.problem)
      else changes.push(parsed.value)
    }
    await keeping.put(changes)
    account.unstuck()
  }
  const processEvents = async () => {
    let failures = 0
    for (;;) {
      const batch = await channel.take()
      if (batch === null) return
      try {
        await handle(batch.events)
        failures = 0
      } catch (error) {
        channel.putBack(batch.events)
        const pauseMs = pauseAfter(failures++)
        account.stuck(error, pauseMs)
        await sleep(pauseMs, signal)
      }
      if (batch.missed) wake()
    }
  }
  /** What it tells by events comes first: then there is nothing to mend. */
  const hearOut = async () => {
    for (let waitedMs = 0; waitedMs < reconcileIntervalMs; waitedMs += HEAR_OUT_MS) {
      await sleep(HEAR_OUT_MS, signal)
      if (!channel.isBusy()) return
    }
  }
  const keepReconciled = async () => {
    for (;;) {
      await sleep(reconcileIntervalMs, AbortSignal.any([signal, alarm.signal]))
      await hearOut()
      if (signal.aborted) return
      alarm = new AbortController()
      if (provider === undefined) continue
      const parts = { provider, keeping, memory, channel, account, signal }
      await insist(
        () => reconcile(parts).then(account.unstuck),
        (error, pauseMs) => account.stuck(error, pauseMs),
      )
    }
  }
  const begin = async () => {
    await insist(
      async () => memory.saw(await keeping.read(), performance.now()),
      (error, pauseMs) => account.stuck(error, pauseMs),
    )
    account.unstuck()
    await Promise.all([keepStarted(), processEvents(), keepReconciled()])
  }
  const ended = begin()

  return {
    name,
    kind,
    print,
    account,
    state: keeping.state,
    counts: channel.counts,
    async stop() {
      ending.abort()
      channel.close()
      account.stopped()
      const closed = Promise.all([provider?.stop(), ended])
      const late = 'It has not ended in its time'
      await inTime(() => closed, { ms: STOP_MS, signal: new AbortController().signal, late }).catch((error) =>
        log.warn('Could not close a provider', { provider: name, error }),
      )
    },
  }
}
